import { describe, expect, it } from 'vitest';
import { backupExitCode, backupPrinter } from '../../cli/printers/backup.ts';
import { permissionText } from '../../cli/printers/listing.ts';
import { peerLines } from '../../cli/printers/peers.ts';
import { printWords, wordLines } from '../../cli/printers/recovery-sheet.ts';
import { restoreExitCode, restorePrinter } from '../../cli/printers/restore.ts';
import { printable } from '../../cli/printers/words.ts';
import { createSession } from '../../cli/terminal/session.ts';
import type { BackupSummary, PeersReport, RestoreSummary } from '../../src/index.ts';
import { fakeTerminal, NO_SIGNAL } from './fake-terminal.ts';

const SUMMARY: BackupSummary = {
  snapshotId: 'ab'.repeat(32),
  dryRun: false,
  filesNew: 1,
  filesChanged: 2,
  filesUnmodified: 3,
  directories: 4,
  links: 5,
  specials: 0,
  specialSkipped: 0,
  dataAdded: 1000,
  dataAddedSealed: 2000,
  chunksAdded: 6,
  filesProcessed: 6,
  bytesProcessed: 5000,
  startedMs: 0,
  durationMs: 1500,
  copiesTarget: 3,
  copiesMin: 3,
  holders: [{ peer: '12D3', name: 'home', chunks: 6 }],
  unreadable: [],
  unreadableCount: 0,
  vanished: 0,
  changedWhileRead: 0,
  excluded: 0,
};

const problem = { path: '/x', code: 'io', message: 'no' } as const;

describe('a backup summary', () => {
  it('has the names that restic gives, and the copies reached', () => {
    const terminal = fakeTerminal();
    const session = createSession(terminal, { json: true, quiet: false, verbose: false }, NO_SIGNAL);
    backupPrinter(session).summary(SUMMARY);
    expect(terminal.messages()).toEqual([
      expect.objectContaining({
        message_type: 'summary',
        snapshot_id: SUMMARY.snapshotId,
        files_new: 1,
        files_changed: 2,
        files_unmodified: 3,
        data_added: 1000,
        total_files_processed: 6,
        total_bytes_processed: 5000,
        total_duration: 1.5,
        copies_target: 3,
        copies_min: 3,
        holders: [{ peer_id: '12D3', name: 'home', chunks: 6 }],
      }),
    ]);
  });

  it.each([
    [{}, 0],
    [{ unreadable: [problem], unreadableCount: 1 }, 3],
    [{ vanished: 1 }, 3],
    [{ copiesMin: 2 }, 21],
    [{ copiesMin: 2, unreadable: [problem], unreadableCount: 1 }, 21],
    [{ copiesMin: 0, dryRun: true }, 0],
  ])('ends %j with %i', (change, code) => {
    expect(backupExitCode({ ...SUMMARY, ...change })).toBe(code);
  });

  it('says what is not in the snapshot: vanished, excluded, unreadable, each path once', () => {
    const terminal = fakeTerminal();
    const session = createSession(terminal, { json: false, quiet: false, verbose: false }, NO_SIGNAL);
    const unreadable = [{ path: '/x', code: 'io', message: 'cannot read /x: EACCES' } as const, problem];
    backupPrinter(session).summary({ ...SUMMARY, unreadable, unreadableCount: 2, vanished: 2, excluded: 1 });
    expect(terminal.err()).toBe(
      'warning: cannot read /x: EACCES\nwarning: /x: no\n' +
        'warning: 2 files vanished before being read and are not in the snapshot\n',
    );
    expect(terminal.out()).toContain('excluded  1 file or folder\n');
  });

  it('says that nothing has changed, and what would be sent', () => {
    const said = (change: Partial<BackupSummary>) => {
      const terminal = fakeTerminal();
      const session = createSession(terminal, { json: false, quiet: false, verbose: true }, NO_SIGNAL);
      const { snapshotId: _, ...none } = SUMMARY;
      const printer = backupPrinter(session);
      printer.item({ path: '/a\n', change: 'changed', bytes: 10 });
      printer.summary({ ...none, unchangedSince: 'cd'.repeat(32), ...change });
      return terminal.out();
    };
    expect(said({})).toContain('unchanged since snapshot cdcdcdcd: no new one was made\n');
    expect(said({})).toContain('changed   /a? (10 B)\n');
    expect(said({ dryRun: true })).toContain('would add 0.98 KiB (1.95 KiB sealed, 6 chunks)\n');
    expect(said({ dryRun: true })).toContain(
      'unchanged since snapshot cdcdcdcd\ndry run: nothing was sent\n',
    );
    expect(said({ snapshotId: SUMMARY.snapshotId ?? '' })).not.toContain('unchanged since');
  });

  it('never says that all is well when copies are missing (S4)', () => {
    const terminal = fakeTerminal();
    const session = createSession(terminal, { json: false, quiet: true, verbose: false }, NO_SIGNAL);
    backupPrinter(session).summary({ ...SUMMARY, copiesMin: 1 });
    expect(terminal.err()).toContain('only 1 of 3 copies');
  });
});

describe('a restore summary', () => {
  const summary = (codes: RestoreSummary['failed'][number]['code'][], alarms = 0) => ({
    failed: codes.map((code) => ({ ...problem, code })),
    alarms: Array.from({ length: alarms }, () => problem),
  });

  it('has the names that restic gives, and counts what it met', () => {
    const terminal = fakeTerminal();
    const session = createSession(terminal, { json: true, quiet: false, verbose: false }, NO_SIGNAL);
    const snapshot = {
      id: 'cd'.repeat(32),
      timeMs: 0,
      host: 'h',
      user: 'u',
      paths: ['/a'],
      tags: [],
      program: 'p',
      files: 4,
      directories: 1,
      links: 0,
      specials: 0,
      bytes: 50,
    };
    const counts = {
      files: 2,
      directories: 1,
      links: 0,
      specials: 0,
      bytes: 40,
      skipped: 1,
      skippedBytes: 7,
      durationMs: 2000,
    };
    const how = { deleted: 3, resumed: true, dryRun: false };
    const rest = { ...summary(['lost']), ...how, failedCount: 1, holders: [] };
    restorePrinter(session).summary({ snapshot, ...counts, ...rest });
    expect(terminal.messages()).toEqual([
      expect.objectContaining({
        message_type: 'summary',
        snapshot_id: snapshot.id,
        seconds_elapsed: 2,
        total_files: 4,
        files_restored: 2,
        bytes_restored: 40,
        files_skipped: 1,
        bytes_skipped: 7,
        files_deleted: 3,
        resumed: true,
        files_failed: 1,
      }),
    ]);
  });

  it.each([
    [summary([]), 0],
    [summary(['target-unwritable']), 1],
    [summary(['io', 'unavailable']), 23],
    [summary(['unavailable', 'lost']), 24],
    [summary(['corrupt']), 24],
    [summary(['corrupt'], 1), 25],
  ])('ends with the worst of what happened %#', (given, code) => {
    expect(restoreExitCode(given)).toBe(code);
  });
});

describe('what people read', () => {
  it('says why each peer was left out (P1)', () => {
    const common = { zone: 'z', holder: false };
    const report: PeersReport = {
      ranked: [
        {
          ...common,
          peer: '12D3KooWaaaaaaaa',
          name: 'nas',
          latencyMs: 3.21,
          freeBytes: 2 ** 30,
          capacityBytes: 2 ** 31,
          latencyScore: 1,
          freeScore: 0,
          score: 0.5,
          rank: 1,
          holder: true,
        },
      ],
      leftOut: [
        { ...common, peer: '12D3KooWbbbbbbbb', name: 'own', reason: 'this-machine' },
        { ...common, peer: '12D3KooWcccccccc', name: 'old', reason: 'other-version' },
      ],
      copiesTarget: 3,
      trialMesh: false,
    };
    expect(peerLines(report, false)).toEqual([
      'Rank  Name  Peer        Zone  Latency      Free  Score  Holds  Left out because',
      '   1  nas   ..aaaaaaaa  z      3.2 ms  1.00 GiB  0.500  *',
      '   -  own   ..bbbbbbbb  z                                      on this machine: a copy there does not count',
      '   -  old   ..cccccccc  z                                      speaks another version',
    ]);
  });

  it('numbers the words in rows of four', () => {
    const words = Array.from({ length: 24 }, (_, index) => `word${index + 1}`).join(' ');
    expect(wordLines(words)).toHaveLength(6);
    expect(wordLines(words)[5]).toBe('21 word21     22 word22     23 word23     24 word24');
  });

  it('shows the words below the ticket and its QR code, which fills a screen', async () => {
    const terminal = fakeTerminal({ tty: true });
    const session = createSession(terminal, { json: false, quiet: false, verbose: false }, NO_SIGNAL);
    const words = Array.from({ length: 24 }, (_, index) => `word${index + 1}`).join(' ');
    await printWords(session, { vaultId: 'v', words, ticket: 'vaultmesh1abc', home: '/h' });
    const out = terminal.out();
    expect(out.indexOf('RECOVERY WORDS')).toBeGreaterThan(out.indexOf('█'));
    expect(out.indexOf('vaultmesh1abc')).toBeGreaterThan(0);
    expect(
      out.trimEnd().split('\n').length - out.slice(0, out.indexOf('RECOVERY')).split('\n').length,
    ).toBeLessThan(20);
  });

  it('never lets a file name control the terminal', () => {
    expect(printable('a\u001b[2Jb\n')).toBe('a?[2Jb?');
  });

  it('shows special permission bits as ls does', () => {
    expect(permissionText(0o755)).toBe('rwxr-xr-x');
    expect(permissionText(0o4755)).toBe('rwsr-xr-x');
    expect(permissionText(0o1777)).toBe('rwxrwxrwt');
    expect(permissionText(0o2644)).toBe('rw-r-Sr--');
  });
});
