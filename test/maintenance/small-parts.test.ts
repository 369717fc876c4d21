import { describe, expect, it } from 'vitest';
import { allGroups, countGroups, hasGroup, noGroups, withGroup } from '../../src/maintenance/group-bits.ts';
import { keeperSettings } from '../../src/maintenance/keeper-settings.ts';
import {
  type KeeperState,
  NEW_KEEPER_STATE,
  readKeeperState,
  writeKeeperState,
} from '../../src/maintenance/keeper-state.ts';
import { Leases } from '../../src/maintenance/leases.ts';
import { Patience } from '../../src/maintenance/patience.ts';
import { Reports } from '../../src/maintenance/reports.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';

const VAULT = new Uint8Array(32).fill(7);
const MINUTE = 60_000;
const HOUR: number = 60 * MINUTE;

describe('groups as bits', () => {
  it('has group g as bit g % 8 of byte g / 8, as on the wire', () => {
    const bits = noGroups();
    withGroup(bits, 9);
    expect(bits[1]).toBe(2);
    expect([hasGroup(bits, 9), hasGroup(bits, 8), hasGroup(bits, 1)]).toEqual([true, false, false]);
    withGroup(bits, 255);
    expect([countGroups(bits), countGroups(noGroups()), countGroups(allGroups())]).toEqual([2, 0, 256]);
  });
});

describe('keeperSettings', () => {
  it('keeps the proportions of the defaults when times are scaled (R1)', () => {
    const plain = keeperSettings({});
    expect(plain.health).toMatchObject({ suspectMs: 5 * MINUTE, awayMs: 15 * MINUTE, lostMs: 72 * HOUR });
    const quick = keeperSettings({ suspectMs: 3000, awayMs: 6000, lostMs: 72_000, checkMs: 1000 });
    expect(quick.leaseMs).toBe(10_000); // in proportion 1 s: nothing could be read and proved meanwhile (R3)
    expect(keeperSettings({ lostMs: 36 * 60 * MINUTE }).leaseMs).toBe(30 * MINUTE);
    expect(quick.stuckMs).toBe(16_000); // in proportion 12 s, but not before 16 looks
    expect(keeperSettings({ lostMs: 36 * 60 * MINUTE }).stuckMs).toBe(6 * 60 * MINUTE);
    expect(quick.health.brakeMs).toBe(168_000);
    expect(quick.health.togetherMs).toBeLessThan(quick.health.lostMs);
    expect(quick).toMatchObject({ recruitMs: 5000, tidyMs: 5000, auditMs: 10_000, trashMs: plain.trashMs });
  });

  it.each([
    { suspectMs: 20 * MINUTE },
    { lostMs: 10 * MINUTE },
    { awayMs: MINUTE },
    { checkMs: 10 * MINUTE },
    { trashMs: 0 },
    { repairBytesPerSecond: 0 },
  ])('refuses %j', (wishes) => {
    expect(() => keeperSettings(wishes)).toThrowError(expect.objectContaining({ code: 'usage' }));
  });
});

describe('the small file', () => {
  const state: KeeperState = {
    health: { runningMs: 5, silences: [{ peer: 'p', silentMs: 3, sinceMs: 2 }] },
    audits: { records: [{ peer: 'q', unsound: true, late: 0, clean: 1 }] },
    clock: { wallMs: 9, highestMs: 9, trustedSinceMs: 4, monotonicMs: 77 },
    scrub: { group: 12, lastPassMs: 8 },
    draining: true,
    relieved: new Map([['07'.repeat(32), allGroups()]]),
  };

  it('comes back as it was, but for the monotonic time of another run', async () => {
    const disk = new MemoryDisk();
    expect(await readKeeperState(disk, '/peer')).toEqual(NEW_KEEPER_STATE);
    await writeKeeperState(disk, '/peer', state);
    const clock = { ...state.clock, monotonicMs: undefined };
    expect(await readKeeperState(disk, '/peer')).toEqual({ ...state, clock });
  });

  it.each([
    '',
    'no json',
    '{"version":2}',
    '[]',
    '{"version":1,"health":{"runningMs":-1},"scrub":{"group":256}}',
  ])('is a new start when it is damaged: %s', async (text) => {
    const disk = new MemoryDisk();
    await disk.write('/peer/keeper.json', [utf8(text)]);
    expect(await readKeeperState(disk, '/peer')).toEqual(NEW_KEEPER_STATE);
  });

  it('keeps the parts that are whole', async () => {
    const disk = new MemoryDisk();
    const text = '{"version":1,"draining":true,"health":7,"audits":{"records":[{"peer":""},5]}}';
    await disk.write('/peer/keeper.json', [utf8(text)]);
    expect(await readKeeperState(disk, '/peer')).toEqual({ ...NEW_KEEPER_STATE, draining: true });
  });
});

describe('Leases (R3)', () => {
  it('never lets a group be promised and trimmed at once', async () => {
    const clock = new SimulatedClock();
    const leases = new Leases(clock, HOUR);
    expect(leases.beginTrim(VAULT, 1)).toBeUndefined();
    await clock.advance(HOUR);
    expect(leases.pledge(VAULT, 1)).toBe(true);
    expect(leases.beginTrim(VAULT, 1)).toBeUndefined();
    const end = leases.beginTrim(VAULT, 2);
    expect(end).toBeDefined();
    expect(leases.beginTrim(VAULT, 2)).toBeUndefined();
    expect(leases.pledge(VAULT, 2)).toBe(false);
    end?.();
    expect(leases.pledge(VAULT, 2)).toBe(true);
    await clock.advance(HOUR);
    expect(leases.beginTrim(VAULT, 1)).toBeDefined();
  });
});

describe('Patience', () => {
  it('waits longer after each fruitless attempt, and not at all when something changed', async () => {
    const clock = new SimulatedClock();
    const patience = new Patience<string>(clock, MINUTE);
    expect(patience.mayTry('a', 'x')).toBe(true);
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      patience.tried('a', 'x', false);
      let waitedMs = 0;
      for (; !patience.mayTry('a', 'x'); waitedMs += MINUTE) await clock.advance(MINUTE);
      waits.push(waitedMs / MINUTE);
    }
    expect(waits).toEqual([2, 4, 8, 16, 32, 60, 60, 60]);
    patience.tried('a', 'x', false);
    expect([patience.mayTry('a', 'x'), patience.mayTry('a', 'y'), patience.mayTry('b', 'x')]).toEqual([
      false,
      true,
      true,
    ]);
    patience.tried('a', 'x', true);
    expect(patience.mayTry('a', 'x')).toBe(true);
  });
});

describe('Reports', () => {
  it('says each thing once and counts what is different', () => {
    const said: string[] = [];
    const reports = new Reports((message) => said.push(message));
    for (let i = 0; i < 3; i++) reports.once('v', 'fork of d', 'a fork');
    reports.once('v', 'fork of e', 'another fork');
    expect(said).toEqual(['a fork', 'another fork']);
    expect([reports.count('v'), reports.count('w')]).toEqual([2, 0]);
  });
});
