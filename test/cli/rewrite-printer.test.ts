/** What `vault rewrite` says of made-up reports: which old snapshots stay and why, and with which exit code. */
import { describe, expect, it } from 'vitest';
import { sentExitCode } from '../../cli/printers/problems.ts';
import { rewritePrinter } from '../../cli/printers/rewrite.ts';
import { createSession } from '../../cli/terminal/session.ts';
import type { RewriteReport, RewrittenSnapshot, SnapshotInfo } from '../../src/index.ts';
import { fakeTerminal, NO_SIGNAL } from './fake-terminal.ts';

const OLD: SnapshotInfo = {
  id: 'a'.repeat(64),
  timeMs: Date.UTC(2026, 10, 20, 12),
  host: 'laptop',
  user: 'me',
  paths: ['/home'],
  tags: [],
  program: 'p',
  files: 3,
  directories: 1,
  links: 0,
  bytes: 9,
};
const NONE = { files: 0, directories: 0, links: 0, specials: 0, bytes: 0 };

function changed(more: Partial<RewrittenSnapshot> = {}): RewrittenSnapshot {
  const { id: _, ...now } = OLD;
  return { was: OLD, now, id: 'b'.repeat(64), removed: NONE, moved: NONE, forgotten: true, ...more };
}

function report(more: Partial<RewriteReport> = {}): RewriteReport {
  return {
    dryRun: false,
    forget: true,
    changed: [],
    unchanged: 0,
    problems: [],
    chunksAdded: 0,
    dataAddedSealed: 0,
    copiesTarget: 3,
    copiesMin: 3,
    ...more,
  };
}

function said(about: RewriteReport): { out: string; err: string } {
  const terminal = fakeTerminal();
  const session = createSession(terminal, { json: false, quiet: false, verbose: false }, NO_SIGNAL);
  rewritePrinter(session).summary(about);
  return { out: terminal.out(), err: terminal.err() };
}

describe('a rewritten snapshot', () => {
  it('is told with what went, what moved, and what became of the old one', () => {
    const removed = { files: 2, directories: 1, links: 1, specials: 2, bytes: 2048 };
    const moved = { files: 3, bytes: 1024 };
    const gone = said(report({ changed: [changed({ removed, moved })], unchanged: 1, chunksAdded: 2 }));
    expect(gone.out).toMatch(
      /^aaaaaaaa of .* is bbbbbbbb now without 2 files \(2.00 KiB\), 1 folder, 1 link, 2 pipes and devices; 3 files \(1.00 KiB\) moved to other chunks\n/,
    );
    expect(gone.out).toContain('changed 1 snapshot, nothing to change in 1 other\nsent 2 chunks, 0 B\n');
    const { id: _, ...now } = { ...OLD, host: 'tower\u001b' };
    const kept = said(report({ forget: false, changed: [changed({ now, forgotten: false })] }));
    expect(kept.out).toContain('now of host tower?; the old one stays\n');
    const planned = said(report({ dryRun: true, changed: [changed({ removed })] }));
    expect(planned.out).toContain('would become a snapshot without 2 files');
    expect(planned.out).toContain('; the old one would be forgotten\n');
  });

  it('that has fewer copies yet leaves the old one, with 21 (P2); one that cannot be read is worse', () => {
    const short = report({ changed: [changed({ forgotten: false })], copiesMin: 2 });
    expect(said(short).out).toContain('; the old one stays, as the new one has fewer copies yet\n');
    expect(said(short).err).toContain('only 2 of 3 copies');
    expect(sentExitCode(short)).toBe(21);
    expect(sentExitCode({ ...short, dryRun: true })).toBe(0);
    const unread = { path: OLD.id, code: 'unavailable', message: `snapshot cannot be read` } as const;
    expect(sentExitCode({ ...short, problems: [unread] })).toBe(23);
    expect(sentExitCode({ ...short, problems: [unread, { ...unread, code: 'lost' }] })).toBe(24);
    expect(said({ ...short, problems: [unread] }).err).toContain('cannot be read');
    expect(sentExitCode(report())).toBe(0);
  });
});
