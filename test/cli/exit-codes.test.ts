import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EXIT_CODES, EXITS, exitCodeOf } from '../../cli/exit-codes.ts';

describe('exit codes', () => {
  it('are the published ones, and every error has one of them', () => {
    const codes = EXIT_CODES.map(({ code }) => code);
    expect(codes).toEqual([0, 1, 3, 10, 12, 20, 21, 22, 23, 24, 25, 26, 130]);
    for (const exit of Object.values(EXITS)) expect(codes).toContain(exit.code);
  });

  it('keep their meaning', () => {
    const published = {
      'no-vault': 10,
      'wrong-passphrase': 12,
      'too-few-peers': 20,
      'fewer-copies': 21,
      'no-space': 22,
      unavailable: 23,
      lost: 24,
      corrupt: 24,
      rollback: 25,
      forgery: 25,
      interrupted: 130,
      'source-unreadable': 1,
    } as const;
    for (const [code, exit] of Object.entries(published)) {
      expect(exitCodeOf(code as keyof typeof published)).toBe(exit);
    }
  });

  it('are all in docs/cli.md, with the same words', () => {
    const text = readFileSync('docs/cli.md', 'utf8');
    for (const { code, meaning } of EXIT_CODES) expect(text).toContain(`| ${code} | ${meaning} |`);
    for (const error of Object.keys(EXITS)) expect(text).toContain(`\`${error}\``);
  });
});
