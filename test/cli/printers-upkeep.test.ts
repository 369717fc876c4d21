/** What the upkeep commands say of made-up reports: text, JSON, and exit codes. */
import { describe, expect, it } from 'vitest';
import { checkExitCode, checkPrinter } from '../../cli/printers/check.ts';
import { printDevices, printRetired } from '../../cli/printers/devices.ts';
import { printForget } from '../../cli/printers/forget.ts';
import { prunePrinter } from '../../cli/printers/prune.ts';
import { repairExitCode, repairPrinter } from '../../cli/printers/repair.ts';
import { printUndelete, undeleteExitCode } from '../../cli/printers/undelete.ts';
import { localTime } from '../../cli/printers/words.ts';
import { createSession, type Session } from '../../cli/terminal/session.ts';
import type {
  CheckReport,
  DeviceInfo,
  ErrorCode,
  ForgetReport,
  PruneReport,
  RepairReport,
  SnapshotInfo,
  UndeleteReport,
} from '../../src/index.ts';
import { type FakeTerminal, fakeTerminal, NO_SIGNAL } from './fake-terminal.ts';

const AT = Date.UTC(2026, 10, 20, 12);

function snapshot(letter: string): SnapshotInfo {
  return {
    id: letter.repeat(64),
    timeMs: AT,
    host: 'laptop',
    user: 'me',
    paths: ['/home'],
    tags: [],
    program: 'p',
    files: 1,
    directories: 1,
    links: 0,
    bytes: 9,
  };
}

interface Said {
  readonly out: string;
  readonly err: string;
  readonly json: FakeTerminal;
}

/** The same report for people and as JSON. */
function said(print: (session: Session) => void): Said {
  const text = fakeTerminal();
  const json = fakeTerminal();
  print(createSession(text, { json: false, quiet: false, verbose: false }, NO_SIGNAL));
  print(createSession(json, { json: true, quiet: false, verbose: false }, NO_SIGNAL));
  return { out: text.out(), err: text.err(), json };
}

const PRUNE: PruneReport = {
  dryRun: false,
  chunksKept: 10,
  bytesKept: 2 ** 20,
  chunksDropped: 4,
  bytesDropped: 2 ** 21,
  otherDevices: [{ name: 'desk', chunks: 1, bytes: 512 }],
  trashUntil: 14,
  holders: 3,
};

describe('forget', () => {
  const report: ForgetReport = {
    groups: [
      {
        key: { host: 'laptop', paths: ['/home'] },
        keep: [{ snapshot: snapshot('a'), reasons: ['last snapshot', 'daily snapshot'] }],
        remove: [snapshot('b'), snapshot('c')],
      },
    ],
    removed: 2,
    dryRun: false,
  };

  it('shows each snapshot with the reasons it is kept for', () => {
    const time = localTime(AT);
    expect(said((session) => printForget(session, { ...report, removed: 0, dryRun: true })).out).toBe(
      [
        'keep 1 snapshot of host laptop, paths /home:',
        `ID        Time                 Host    Tags  Kept as                        Paths`,
        `aaaaaaaa  ${time}  laptop        last snapshot, daily snapshot  /home`,
        '',
        'forget 2 snapshots of host laptop, paths /home:',
        'ID        Time                 Host    Tags  Paths',
        `bbbbbbbb  ${time}  laptop        /home`,
        `cccccccc  ${time}  laptop        /home`,
        '',
        'dry run: would forget 2 snapshots and keep 1',
        '',
      ].join('\n'),
    );
  });

  it('says that the data is still there, unless it was pruned', () => {
    expect(said((session) => printForget(session, report)).out).toContain('until "vault prune"');
    const pruned = said((session) => printForget(session, { ...report, prune: PRUNE }));
    expect(pruned.out).not.toContain('until "vault prune"');
    expect(pruned.out).toContain('dropped   4 chunks, 2.00 MiB per copy');
    expect(pruned.json.messages().at(-1)).toMatchObject({ prune: { chunks_dropped: 4 } });
  });

  it('has groups as restic has them, a line each, and a summary', () => {
    const { json } = said((session) => printForget(session, report));
    expect(json.messages()).toMatchObject([
      {
        message_type: 'forget_group',
        host: 'laptop',
        paths: ['/home'],
        keep: [{ short_id: 'aaaaaaaa' }],
        remove: [{ short_id: 'bbbbbbbb' }, { short_id: 'cccccccc' }],
        reasons: [{ snapshot_id: 'a'.repeat(64), matches: ['last snapshot', 'daily snapshot'] }],
      },
      { message_type: 'summary', dry_run: false, snapshots_kept: 1, snapshots_removed: 2 },
    ]);
  });

  it.each([
    [{ groups: [], removed: 0 }, 'no snapshots fit'],
    [
      { groups: [{ key: {}, keep: report.groups[0]?.keep ?? [], remove: [] }], removed: 0 },
      'nothing to forget',
    ],
  ])('says when there is nothing to do %#', (change, text) => {
    expect(said((session) => printForget(session, { ...report, ...change })).out).toContain(text);
  });
});

describe('prune', () => {
  it('says what goes, what stays for whom, and how long it can be undone (L4)', () => {
    const { out, json } = said((session) => prunePrinter(session).summary(PRUNE));
    expect(out).toBe(
      [
        'dropped   4 chunks, 2.00 MiB per copy',
        'kept      10 chunks, 1.00 MiB per copy',
        'stays     1 chunk, 512 B of what was dropped, because desk uses it',
        'told      3 holders; their trash keeps it for at least 14 days, unless the owner of a peer chose otherwise ("vault undelete")',
        '',
      ].join('\n'),
    );
    expect(json.messages()).toEqual([
      {
        message_type: 'summary',
        dry_run: false,
        chunks_kept: 10,
        bytes_kept: 2 ** 20,
        chunks_dropped: 4,
        bytes_dropped: 2 ** 21,
        trash_days: 14,
        holders: 3,
        other_devices: [{ name: 'desk', chunks: 1, bytes: 512 }],
      },
    ]);
  });

  it('changes nothing in a dry run, and says so', () => {
    const { out } = said((session) => prunePrinter(session).summary({ ...PRUNE, dryRun: true, holders: 0 }));
    expect(out).toContain('would drop 4 chunks');
    expect(out).toContain('dry run: nothing was changed');
    expect(out).not.toContain('told');
  });
});

describe('undelete', () => {
  const report: UndeleteReport = {
    dryRun: false,
    restored: 1,
    holdersSilent: 0,
    snapshots: [
      { was: snapshot('a'), id: 'd'.repeat(64), chunksMissing: 0, complete: true },
      { was: snapshot('b'), chunksMissing: 2, complete: true },
    ],
  };

  it('names the new id of what is back, and what cannot come back', () => {
    const { out, err, json } = said((session) => printUndelete(session, report, { list: false }));
    expect(out).toContain('back as dddddddd');
    expect(out).toContain('lacks 2 chunks');
    expect(out).toContain('1 snapshot is back');
    expect(err).toContain('1 snapshot cannot come back any more');
    expect(json.messages()).toMatchObject([
      { message_type: 'forgotten_snapshot', restored_as: 'd'.repeat(64), chunks_missing: 0 },
      { message_type: 'forgotten_snapshot', chunks_missing: 2 },
      { message_type: 'summary', snapshots_forgotten: 2, snapshots_possible: 1, snapshots_restored: 1 },
    ]);
  });

  it.each([
    [report, false, 24],
    [{ ...report, holdersSilent: 1 }, false, 23],
    [report, true, 0],
    [{ ...report, snapshots: report.snapshots.slice(0, 1) }, false, 0],
    [{ ...report, snapshots: [{ was: snapshot('b'), chunksMissing: 0, complete: false }] }, false, 23],
  ])('ends with what stands in the way %#', (given, list, code) => {
    expect(undeleteExitCode(given, { list })).toBe(code);
  });
});

describe('check', () => {
  const clean: CheckReport = {
    errors: [],
    errorCount: 0,
    chunksOnly: false,
    snapshots: 2,
    trees: 3,
    chunks: 1200,
    chunksShort: 0,
    chunksRead: 60,
    bytesRead: 60 * 2 ** 20,
    copiesVerified: 120,
    durationMs: 2500,
    ok: true,
  };
  const broken = (...codes: ErrorCode[]): CheckReport => ({
    ...clean,
    errors: codes.map((code) => ({ path: `${code}:/x`, code, message: 'no' })),
    errorCount: codes.length,
    ok: codes.length === 0,
  });

  it('says how much was looked at, and that nothing was found', () => {
    const { out, err } = said((session) => checkPrinter(session).summary(clean));
    expect(err).toBe('');
    expect(out).toBe(
      [
        'checked   2 snapshots: 1,200 chunks, 3 of them with directories',
        'read      60 chunks, 60.0 MiB; 120 copies of them proved to be the same',
        'time      2.5 s',
        'result    no errors',
        '',
      ].join('\n'),
    );
  });

  it('names every error, as a line on stderr', () => {
    const { out, err, json } = said((session) =>
      checkPrinter(session).summary({ ...broken('lost'), chunksShort: 1 }),
    );
    expect(err).toBe('warning: lost:/x: no\n');
    expect(out).toContain('result    1 error, see above');
    expect(out).toContain('1 chunk has fewer than the vault asks for now');
    expect(JSON.parse(json.err())).toMatchObject({
      message_type: 'error',
      error_code: 'lost',
      during: 'check',
    });
    expect(json.messages().at(-1)).toMatchObject({ message_type: 'summary', ok: false, num_errors: 1 });
  });

  it.each([
    [[], 0],
    [['io'], 1],
    [['fewer-copies'], 21],
    [['fewer-copies', 'unavailable'], 23],
    [['unavailable', 'io'], 23],
    [['unavailable', 'lost'], 24],
    [['corrupt'], 24],
    [['corrupt', 'forgery'], 25],
  ] as const)('ends %j with %i', (codes, exit) => {
    expect(checkExitCode(broken(...codes))).toBe(exit);
  });

  it('shows on a terminal where it is, and tells scripts once a second', async () => {
    const tty = fakeTerminal({ tty: true });
    const json = fakeTerminal();
    for (const terminal of [tty, json]) {
      const session = createSession(
        terminal,
        { json: terminal === json, quiet: false, verbose: false },
        NO_SIGNAL,
      );
      await checkPrinter(session).during(async (tell) => {
        const rest = { total: 9, bytesDone: 2 ** 20, errors: 1 };
        tell({ elapsedMs: 1000, stage: 'data', done: 3, ...rest });
        tell({ elapsedMs: 1500, stage: 'data', done: 4, ...rest });
        return clean;
      });
    }
    expect(tty.err()).toContain('reading chunk 3 of 9  1.00 MiB  1 error');
    expect(json.messages().filter(({ message_type }) => message_type === 'status')).toEqual([
      expect.objectContaining({ seconds_elapsed: 1, stage: 'data', done: 3, total: 9, error_count: 1 }),
    ]);
  });
});

describe('repair', () => {
  const done: RepairReport = {
    chunksShort: 5,
    copiesMade: 5,
    bytesMoved: 2 ** 20,
    lost: 0,
    holdersSilent: 0,
    stillShort: 0,
    peersRemoved: ['nas'],
  };

  it('says who was given up and what was made', () => {
    const { out, err, json } = said((session) => repairPrinter(session).summary(done));
    expect(out).toBe('given up  nas\nshort     5 chunks had too few copies\nmade      5 copies, 1.00 MiB\n');
    expect(err).toBe('');
    expect(json.messages()).toEqual([
      {
        message_type: 'summary',
        chunks_short: 5,
        copies_made: 5,
        bytes_moved: 2 ** 20,
        chunks_absent: 0,
        holders_silent: 0,
        chunks_still_short: 0,
        peers_removed: ['nas'],
      },
    ]);
  });

  it.each([
    [0, 'every chunk has'],
    [1, 'every other chunk has'],
  ])('says that nothing was to repair, with %i chunks lost', (lost, text) => {
    const nothing = { ...done, chunksShort: 0, copiesMade: 0, bytesMoved: 0, lost };
    expect(said((session) => repairPrinter(session).summary(nothing)).out).toContain(text);
  });

  it.each([
    [{}, 0],
    [{ stillShort: 1 }, 21],
    [{ stillShort: 1, lost: 1 }, 24],
    [{ stillShort: 1, lost: 1, holdersSilent: 1 }, 23],
  ])('ends %j with %i, and never says that all is well (S4)', (change, code) => {
    expect(repairExitCode({ ...done, ...change })).toBe(code);
    const { err } = said((session) => repairPrinter(session).summary({ ...done, ...change }));
    expect(err.length > 0).toBe(code !== 0);
  });
});

describe('devices', () => {
  const device: DeviceInfo = {
    id: 'abcdefgh12345678',
    name: 'laptop',
    self: true,
    createdMs: AT,
    entries: 4,
    snapshots: 2,
    lastSnapshotMs: AT,
    chunks: 12,
    bytes: 2 ** 20,
    retired: false,
    role: 'full',
    invited: false,
  };

  it('are a table in which this machine and retired ones are marked', () => {
    const retired = { ...device, name: 'old', self: false, retired: true, snapshots: 0 };
    const { out, json } = said((session) => printDevices(session, [device, retired]));
    expect(out).toMatch(/laptop .* this machine\n/);
    expect(out).toMatch(/old .* retired\n/);
    expect(json.messages()).toMatchObject([
      { message_type: 'device', name: 'laptop', this_machine: true, snapshots: 2, retired: false },
      { message_type: 'device', name: 'old', this_machine: false, retired: true },
    ]);
  });

  it('that retire leave their snapshots to this machine', () => {
    const report = { device: 'old', snapshotsTakenOver: 3, chunksAdded: 7 };
    const { out, json } = said((session) => printRetired(session, report));
    expect(out).toContain('took over 3 snapshots with 7 chunks');
    expect(json.messages()).toEqual([
      { message_type: 'device_retired', name: 'old', snapshots_taken_over: 3, chunks_added: 7 },
    ]);
  });
});
