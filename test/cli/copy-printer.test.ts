/** What `vault copy` says of made-up reports and progress, and with which exit code. */
import { describe, expect, it } from 'vitest';
import { copyPrinter } from '../../cli/printers/copy.ts';
import { sentExitCode } from '../../cli/printers/problems.ts';
import { createSession } from '../../cli/terminal/session.ts';
import type { CopyReport, SnapshotInfo } from '../../src/index.ts';
import { fakeTerminal, NO_SIGNAL } from './fake-terminal.ts';

const FROM: SnapshotInfo = {
  id: 'a'.repeat(64),
  timeMs: Date.UTC(2026, 10, 20, 12),
  host: 'laptop\u001b',
  user: 'me',
  paths: ['/home', '/srv\n'],
  tags: [],
  program: 'p',
  files: 3,
  directories: 1,
  links: 0,
  bytes: 2048,
};

function report(more: Partial<CopyReport> = {}): CopyReport {
  const none = { chunksAdded: 0, dataAdded: 0, dataAddedSealed: 0, durationMs: 2000, holders: [] };
  return {
    dryRun: false,
    copied: [],
    known: 0,
    problems: [],
    ...none,
    copiesTarget: 3,
    copiesMin: 3,
    ...more,
  };
}

function said(about: CopyReport, json = false): { out: string; err: string } {
  const terminal = fakeTerminal();
  const session = createSession(terminal, { json, quiet: false, verbose: false }, NO_SIGNAL);
  copyPrinter(session).summary(about);
  return { out: terminal.out(), err: terminal.err() };
}

describe('a copied snapshot', () => {
  it('is told with what it is here and what was sent; control characters never reach the terminal', () => {
    const sent = { chunksAdded: 2, dataAdded: 2048, dataAddedSealed: 1024 };
    const { out } = said(report({ copied: [{ from: FROM, id: 'b'.repeat(64) }], known: 4, ...sent }));
    expect(out).toMatch(
      /^aaaaaaaa of .*, laptop\?: \/home, \/srv\? is bbbbbbbb here \(3 files, 2.00 KiB\)\n/,
    );
    expect(out).toContain('copied 1 snapshot, 4 here already\n');
    expect(out).toContain('added 2.00 KiB (1.00 KiB sealed, 2 chunks) in 2.0 s\ncopies 3 of 3\n');
    const planned = said(report({ dryRun: true, copied: [{ from: FROM }] })).out;
    expect(planned).toContain('would be copied (3 files, 2.00 KiB)\n');
    expect(planned).toMatch(/\ndry run: 1 snapshot would be copied, 0 here already\n$/);
  });

  it('that has fewer copies yet ends with 21 (P2); one that cannot be read is worse', () => {
    const short = report({ copied: [{ from: FROM, id: 'b'.repeat(64) }], copiesMin: 2 });
    expect(said(short).err).toContain('only 2 of 3 copies');
    expect(sentExitCode(short)).toBe(21);
    const unread = { path: FROM.id, code: 'unavailable', message: 'it cannot be read' } as const;
    expect(sentExitCode({ ...short, problems: [unread] })).toBe(23);
    expect(sentExitCode({ ...short, problems: [unread, { ...unread, code: 'lost' }] })).toBe(24);
    expect(said({ ...short, problems: [unread] }).err).toContain('it cannot be read');
    expect(JSON.parse(said({ ...short, problems: [unread] }, true).err.split('\n')[0] ?? '')).toMatchObject({
      during: 'copy',
      item: FROM.id,
      code: 23,
    });
    expect(sentExitCode(report())).toBe(0);
  });
});
