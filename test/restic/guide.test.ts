/** docs/restic.md says of vault only what its command table says, and leaves out nothing that the restic of this machine has. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMON_OPTIONS } from '../../cli/terminal/arguments.ts';
import type { CommandSpec, Program } from '../../cli/terminal/command.ts';
import { vaultProgram } from '../../cli/vault-program.ts';
import { peerProgram } from '../../peer/peer-program.ts';
import { NO_RESTIC, RESTIC_SAYS } from './restic.ts';

const TEXT = readFileSync('docs/restic.md', 'utf8');

interface Row {
  readonly section: string;
  readonly theirs: readonly string[];
  readonly ours: readonly string[];
  readonly verdict: string;
  readonly line: string;
}

function spans(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);
}

/** Rows of the tables with four columns. */
const ROWS: readonly Row[] = TEXT.split('\n## ').flatMap((part) => {
  const section = part.split('\n')[0] ?? '';
  return part
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => ({ line, cells: line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')) }))
    .filter(({ cells }) => cells.length >= 4)
    .map(({ line, cells }) => ({
      section,
      line,
      theirs: spans(cells[0] ?? ''),
      ours: spans(cells[1] ?? ''),
      verdict: (cells[2] ?? '').trim(),
    }));
});

const PROGRAMS: readonly Program[] = [vaultProgram, peerProgram];

function commandOf(program: Program, words: readonly string[]): CommandSpec | undefined {
  const fits = program.commands.filter(({ name }) => `${words.join(' ')} `.startsWith(`${name} `));
  return fits.toSorted((a, b) => b.name.length - a.name.length)[0];
}

/** What is wrong with "vault key add --label"; nothing when the command and each of its options exist. */
function wrongIn(spelling: string): string | undefined {
  const [name = '', ...words] = spelling.split(' ');
  const program = PROGRAMS.find((each) => each.name === name);
  if (!program) return `${spelling}: no program of ours`;
  if (words[0] === 'help' || words[0] === '--version') return undefined;
  const command = commandOf(program, words);
  if (!command) return `${spelling}: no such command`;
  const options = [...command.options, ...COMMON_OPTIONS].filter(({ internal }) => internal !== true);
  const known = new Set(options.flatMap(({ name: long, short }) => [`--${long}`, `-${short}`]));
  const unknown = words.filter((word) => word.startsWith('-') && !known.has(word));
  return unknown.length === 0 ? undefined : `${spelling}: no ${unknown.join(', ')}`;
}

describe('docs/restic.md', () => {
  it('says one of four words in every row, and how to type it here unless it is missing', () => {
    expect(ROWS.length).toBeGreaterThan(120);
    for (const { verdict, ours, line } of ROWS) {
      expect(['same', 'better', 'different', 'missing'], line).toContain(verdict);
      if (verdict === 'missing') expect(ours, line).toEqual([]);
      if (verdict === 'same' || verdict === 'better') expect(ours.length, line).toBeGreaterThan(0);
    }
  });

  it('names only commands and options of ours that exist', () => {
    const spellings = spans(TEXT).filter((text) => /^vault(-peer)? [a-z-]/.test(text));
    expect(spellings.length).toBeGreaterThan(100);
    expect(spellings.map(wrongIn).filter((each) => each !== undefined)).toEqual([]);
    expect(wrongIn('vault backup --no-such-thing')).toBe('vault backup --no-such-thing: no --no-such-thing');
    expect(wrongIn('vault bakup')).toContain('no such command');
  });

  it('calls nothing missing that the command table has under the same name', () => {
    for (const { section, theirs, verdict, line } of ROWS) {
      if (verdict !== 'missing') continue;
      const command = commandOf(vaultProgram, section.replace(/^restic /, '').split(' '));
      const known = new Set(
        command?.options.filter(({ internal }) => internal !== true).map(({ name }) => `--${name}`),
      );
      const there = theirs.flatMap((each) => each.split(', ')).filter((word) => known.has(word));
      expect(there, line).toEqual([]);
    }
  });
});

function restic(...words: string[]): string {
  return spawnSync('restic', words, { encoding: 'utf8' }).stdout;
}

/** Long names of the options that a help text lists. */
function optionsIn(help: string): readonly string[] {
  const [, part = ''] = /\nFlags:\n([\s\S]*?)(?:\n\n|$)/.exec(help) ?? [];
  return [...part.matchAll(/^ +(?:-\w, )? *(--[a-z-]+)/gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== '--help');
}

describe(`docs/restic.md, ${RESTIC_SAYS}`, () => {
  const help = NO_RESTIC ? '' : restic('help');
  const lists = help.slice(help.indexOf('Available Commands:'), help.indexOf('\nFlags:'));
  const commands = [...lists.matchAll(/^ {2}([a-z][a-z-]+) {2,}/gm)].map(([, name = '']) => name);

  it.skipIf(NO_RESTIC)('has a row for every command', () => {
    expect(commands.length).toBeGreaterThan(20);
    const told = new Set(ROWS.flatMap(({ theirs }) => theirs));
    expect(commands.filter((name) => !told.has(`restic ${name}`))).toEqual([]);
  });

  it.skipIf(NO_RESTIC)('has a row for every option of every command, and for the global ones', () => {
    const toldIn = (section: string): Set<string> =>
      new Set(
        ROWS.filter((row) => row.section === section).flatMap(({ theirs }) =>
          theirs.flatMap((each) => each.split(', ')),
        ),
      );
    const untold = (section: string, options: readonly string[]): readonly string[] =>
      options.filter((option) => !toldIn(section).has(option)).map((option) => `${section}: ${option}`);
    const found = commands.flatMap((name) => {
      const section = ROWS.find(({ theirs }) => theirs.includes(`restic ${name}`))?.section ?? '';
      return untold(section, optionsIn(restic('help', name)));
    });
    expect(found).toEqual([]);
    expect(optionsIn(help).length).toBeGreaterThan(10);
    expect(untold('Options of every command', optionsIn(help))).toEqual([]);
  });
});
