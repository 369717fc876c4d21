import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseArguments } from '../../cli/terminal/arguments.ts';
import { runProgram } from '../../cli/terminal/program.ts';
import { parseUpkeep, UPKEEP_OPTIONS } from '../../peer/commands/upkeep-options.ts';
import { drainLine, upkeepJson, upkeepLines } from '../../peer/commands/upkeep-text.ts';
import { peerProgram } from '../../peer/peer-program.ts';
import { initPeer, peerStatus, type RunningPeer, startPeer, type UpkeepReport } from '../../src/index.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { checkLines } from './json-schemas.ts';

const NO_SIGNAL = new AbortController().signal;
const HOUR = 3_600_000;
const NOW = 1_800_000_000_000;

const report: UpkeepReport = {
  draining: true,
  safeToLeave: false,
  unsafeChunks: 7,
  sinceMs: NOW - 5 * HOUR,
  peers: [
    { peer: 'P1', name: 'nas', zone: 'home', health: 'alive', unsound: false, braked: false, silentMs: 0 },
    {
      peer: 'P2',
      name: '',
      zone: 'office',
      health: 'away',
      unsound: false,
      braked: false,
      silentMs: 2 * HOUR,
    },
    { peer: 'P3', name: 'shed', zone: 'shed', health: 'alive', unsound: true, braked: false, silentMs: 0 },
  ],
  vaults: [
    {
      vault: 'bvaultvaultvaultvault',
      member: true,
      members: 3,
      keeping: 200,
      extra: 0,
      live: 90,
      liveBytes: 9000,
      missing: 4,
      missingBytes: 400,
      repairingSinceMs: NOW - 60_000,
      unavailable: 1,
      short: 1,
      surplus: 0,
      declined: 30,
      forks: 2,
      trash: 5,
      trashBytes: 500,
      uncommitted: 0,
      uncommittedBytes: 0,
    },
  ],
  repairedChunks: 11,
  repairedBytes: 1100,
  trimmedChunks: 3,
  recruited: 0,
  audits: { proved: 40, admitted: 0, absent: 1, wrong: 0, late: 2 },
  scrub: { lastPassMs: NOW - 30 * HOUR, progress: 0.25, checked: 60, damaged: 1 },
  missing: 4,
  missingBytes: 400,
  trash: 5,
  trashBytes: 500,
};

describe('a peer tells its upkeep', () => {
  it('in lines that name what needs attention', () => {
    expect(upkeepLines(report, NOW)).toEqual([
      'mesh      2 of 3 co-holders answer',
      '          P2 (zone office) is away, silent for 2 h 00 min',
      '          shed (zone shed) is alive, failed audits: counts as not holding',
      'repair    fetches 4 chunks, 400 B, for 1 min 00 s; 11 chunks, 1.07 KiB fetched, 3 surplus removed since the start',
      '          vault bvaultvaultv... needs 1 more peer',
      '          vault bvaultvaultv...: nobody who answers has 1 chunk',
      '          vault bvaultvaultv...: 2 logs that do not fit together',
      '          vault bvaultvaultv...: 30 of 256 groups are declined for want of room',
      'trash     5 chunks, 500 B',
      'audits    40 chunks of others proved, 3 failures since the start',
      'scrub     last whole pass 1 d 06 h ago, 25% of this one; 60 chunks read, 1 damaged since the start',
      'draining  7 chunks are not proved to be safe elsewhere yet; 1 more peer is needed to take it over: do not switch it off',
    ]);
    expect(drainLine({ ...report, safeToLeave: true })).toContain('may be switched off');
  });

  it('in the singular where there is one, and without fetching what nobody has', () => {
    const [vault] = report.vaults;
    const [nas] = report.peers;
    if (!vault || !nas) throw new Error('nothing to say');
    const audits = { proved: 1, admitted: 0, absent: 1, wrong: 0, late: 0 };
    const lines = upkeepLines(
      {
        ...report,
        peers: [{ ...nas, health: 'alive', silentMs: 0 }],
        vaults: [{ ...vault, unavailable: 1, forks: 1, declined: 1 }],
        missing: 1,
        repairedChunks: 1,
        trash: 1,
        unsafeChunks: 1,
        audits,
        scrub: { ...report.scrub, checked: 1 },
      },
      NOW,
    );
    expect(lines.join('\n')).toContain('repair    waits for 1 chunk, ');
    expect(lines.join('\n')).not.toMatch(/\b1 (\w+ )?(chunks|peers|logs|failures|groups|vaults|are)\b/);
  });

  it('as JSON with names in snake case, and nothing lost', () => {
    const json = JSON.stringify(upkeepJson(report));
    expect(json).not.toMatch(/"[a-z]+[A-Z]/);
    expect(upkeepJson(report)).toMatchObject({ safe_to_leave: false, unsafe_chunks: 7, chunks_missing: 4 });
  });
});

describe('options of vault-peer run', () => {
  const parse = (text: string) =>
    parseUpkeep(parseArguments(text.split(' ').filter(Boolean), UPKEEP_OPTIONS, 'help'));

  it('become wishes; what is not said is not wished', () => {
    expect(parse('')).toEqual({ upkeep: {} });
    expect(
      parse(
        '--lost-after 2d --stuck-after 6h --check-every 30s --repair-limit 2MiB --max-per-vault 1GiB --max-chunks 9 --max-chunks-per-vault 4',
      ),
    ).toEqual({
      upkeep: {
        lostMs: 48 * HOUR,
        stuckMs: 6 * HOUR,
        checkMs: 30_000,
        repairBytesPerSecond: 2 * 1024 * 1024,
      },
      maxVaultBytes: 1024 ** 3,
      maxChunks: 9,
      maxVaultChunks: 4,
    });
  });

  it.each(['--lost-after 72', '--max-chunks 0', '--max-chunks many', '--repair-limit fast'])(
    'refuses %s',
    (text) => {
      expect(() => parse(text)).toThrowError(expect.objectContaining({ code: 'usage' }));
    },
  );
});

describe('vault-peer drain', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'drain-'));
  const folder = path.join(root, 'peer');
  let peer: RunningPeer;
  beforeAll(async () => {
    await initPeer({ folder, listen: ['/ip4/127.0.0.1/tcp/0'], capacityBytes: 2 ** 26 });
    peer = await startPeer({ folder });
  });
  afterAll(async () => {
    await peer.stop();
    rmSync(root, { recursive: true });
  });

  async function drain(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const terminal = fakeTerminal();
    const code = await runProgram(peerProgram, ['drain', ...args, '--data', folder], terminal, NO_SIGNAL);
    return { code, out: terminal.out(), err: terminal.err() };
  }

  it('reaches the running peer, tells when it may be switched off, and is taken back', async () => {
    expect(await drain()).toMatchObject({ code: 0, out: expect.stringContaining('may be switched off') });
    expect((await peerStatus(folder)).upkeep).toMatchObject({ draining: true, safeToLeave: true });
    expect(peer.upkeep().draining).toBe(true);
    expect(checkLines('vault-peer-drain', (await drain('--json')).out)).toMatchObject([{ draining: true }]);
    expect(await drain('--undo')).toMatchObject({ code: 0, out: 'This peer takes part again.\n' });
    expect(peer.upkeep().draining).toBe(false);
  });

  it('is remembered by a peer that does not run, and it says so', async () => {
    await peer.stop();
    const { code, err } = await drain('--no-wait');
    expect([code, err]).toEqual([10, expect.stringContaining('does not run')]);
    peer = await startPeer({ folder });
    expect(peer.upkeep().draining).toBe(true);
    await peer.stop();
    peer = await startPeer({ folder });
    expect(peer.upkeep().draining).toBe(true);
  });
});
