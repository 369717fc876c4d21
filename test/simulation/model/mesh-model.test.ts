import { describe, expect, it } from 'vitest';
import { GROUPS } from '../../../src/model/ids.ts';
import { GiB, KiB, MiB } from '../../../src/model/units.ts';
import { MeshModel } from '../../../src/simulation/model/mesh-model.ts';
import { compareBytes, entryBytes } from '../../../src/simulation/model/message-traffic.ts';
import { chainOf, type ModelReport, reportOf } from '../../../src/simulation/model/model-report.ts';
import {
  DAY_MS,
  DEFAULT_MODEL,
  HOUR_MS,
  type ModelSettings,
} from '../../../src/simulation/model/model-settings.ts';
import { lossRate } from '../../../src/simulation/model/theory.ts';

/** Few peers that only ever fail for good, and disks so quick that a repair takes as long as its detection. */
const FAILING: ModelSettings = {
  ...DEFAULT_MODEL,
  peers: 400,
  zones: 400,
  vaults: 40,
  members: 24,
  days: 120,
  vaultBytes: GiB,
  upMs: 0,
  absentOwners: 0,
  visitMs: 6 * DAY_MS,
};

function ran(settings: ModelSettings): { model: MeshModel; report: ModelReport } {
  const model = new MeshModel(settings);
  model.run();
  return { model, report: reportOf(model) };
}

/** Without R1's extras: a peer is away only just before it is lost. */
function withoutExtras(lostMs: number): ModelSettings['health'] {
  return { ...DEFAULT_MODEL.health, awayMs: lostMs - 1000, lostMs, suspectMs: lostMs - 2000 };
}

/** Losses in runs with these seeds, over those that theory expects. */
function measuredOverTheory(settings: ModelSettings, seeds: readonly string[]): number {
  const { extras, ...chain } = chainOf(settings);
  const plain = settings.health.awayMs > settings.health.lostMs / 2;
  const rate = lossRate(plain ? chain : { ...chain, ...(extras ? { extras } : {}) });
  const expected = (rate * settings.vaults * GROUPS * settings.days * seeds.length) / 365;
  expect(expected).toBeGreaterThan(150);
  const counted = seeds.reduce(
    (sum, seed) => sum + ran({ ...settings, seed }).report.durability.lostGroups,
    0,
  );
  return counted / expected;
}

/** Groups of one vault share holders, so losses come in clusters: more scatter than independent ones, the same mean. */
const TOLERANCE = 0.2;

describe('the model against theory', { timeout: 120_000 }, () => {
  it('loses as often as theory says: three copies, repaired after a day, lifetimes of 15 days', () => {
    const health = withoutExtras(DAY_MS);
    const ratio = measuredOverTheory({ ...FAILING, days: 60, lifetimeMs: 15 * DAY_MS, health }, [
      'a',
      'b',
      'c',
    ]);
    expect(Math.abs(ratio - 1)).toBeLessThan(TOLERANCE);
  });

  it('loses as often as theory says: two copies, repaired after 6 hours, lifetimes of 40 days', () => {
    const health = withoutExtras(6 * HOUR_MS);
    const settings = { ...FAILING, copies: 2, lifetimeMs: 40 * DAY_MS, health };
    const ratio = measuredOverTheory(settings, ['a']);
    expect(Math.abs(ratio - 1)).toBeLessThan(TOLERANCE);
  });

  it('loses as often as theory says with the extra copy of R1: two copies, away after 2 hours, lifetimes of 10 days', () => {
    const health = { ...DEFAULT_MODEL.health, awayMs: 2 * HOUR_MS };
    const settings = { ...FAILING, days: 60, copies: 2, lifetimeMs: 10 * DAY_MS, health };
    expect(Math.abs(measuredOverTheory(settings, ['a']) - 1)).toBeLessThan(TOLERANCE);
  });

  it('replaces a copy in the time that the settings promise', () => {
    const lostMs = 6 * HOUR_MS;
    const { report } = ran({ ...FAILING, lifetimeMs: 200 * DAY_MS, health: withoutExtras(lostMs) });
    expect(report.heal.perCopyMs / lostMs).toBeGreaterThan(0.97);
    expect(report.heal.perCopyMs / lostMs).toBeLessThan(1.1);
  });
});

describe('the model', () => {
  const lively: ModelSettings = {
    ...FAILING,
    days: 40,
    vaults: 20,
    peers: 200,
    upMs: 5 * DAY_MS,
    lifetimeMs: 200 * DAY_MS,
    vaultBytes: 50 * GiB,
  };

  it('is the same for the same seed, and another for another (S2)', () => {
    const [one, two, other] = ['x', 'x', 'y'].map((seed) => ran({ ...lively, seed }).report);
    expect(two).toEqual(one);
    expect(other?.counts).not.toEqual(one?.counts);
  });

  it('ends with every group at its copies, on those who should have it, when everybody is back', () => {
    const { model } = ran({ ...lively, days: 30 });
    model.quiet(20);
    for (let group = 0; group < lively.vaults * GROUPS; group++) {
      const holders = model.copies.holdersOf(group);
      expect(new Set(holders)).toEqual(new Set(model.copies.wantedOf(group)));
      expect(holders).toHaveLength(lively.copies);
    }
  });

  it('copies more when peers are away than when they only fail (R1, R3)', () => {
    const calm = ran({ ...lively, upMs: 0 }).report.repairPerPeerDay;
    const restless = ran(lively).report.repairPerPeerDay;
    expect(calm.back).toBe(0);
    expect(restless.extra).toBeGreaterThan(2 * calm.extra);
  });

  it('heals more slowly with less to repair with, and never faster than its limit', () => {
    const fast = ran(lively).report;
    const slow = ran({ ...lively, repairBytesPerSecond: 64 * KiB }).report;
    expect(slow.heal.meanMs).toBeGreaterThan(fast.heal.meanMs + HOUR_MS);
    const perDay = Object.values(slow.repairPerPeerDay).reduce((sum, bytes) => sum + bytes, 0);
    expect(perDay).toBeLessThan((64 * KiB * DAY_MS) / 1000);
  });

  it('loses nothing when whole zones burn down, for copies lie in different zones (P2)', () => {
    const zones = { ...lively, zones: 40, zoneLifetimeMs: 400 * DAY_MS, lifetimeMs: 1000 * DAY_MS };
    const { report } = ran(zones);
    expect(report.counts.failures).toBeGreaterThan(15);
    expect(report.durability.lostGroups).toBe(0);
  });

  it('recruits when the owner is gone and too few members are left (R2)', () => {
    const { report } = ran({ ...lively, members: 5, absentOwners: 1, lifetimeMs: 30 * DAY_MS, upMs: 0 });
    expect(report.counts.recruits).toBeGreaterThan(10);
    expect(report.durability.lostVaults).toBeLessThan(lively.vaults / 4);
  });

  it('knows the size of the messages', () => {
    expect(compareBytes()).toBeGreaterThan(300);
    expect(compareBytes()).toBeLessThan(600);
    expect(entryBytes(1000) - entryBytes(0)).toBeGreaterThan(32_000);
    expect(entryBytes(1000)).toBeLessThan(MiB);
  });
});
