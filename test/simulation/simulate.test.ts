import { describe, expect, it } from 'vitest';
import { simulate } from '../../src/simulation/run.ts';
import { writeScript } from '../../src/simulation/script.ts';
import { defaultMix, type SimulationSettings } from '../../src/simulation/simulation-settings.ts';

/** Some days of a small mesh under a bit of everything. */
function small(seed: string, changes: Partial<SimulationSettings> = {}): SimulationSettings {
  return defaultMix(seed, { peers: 6, days: 7, quietDays: 4, backupsPerDay: 2, liars: 0, ...changes });
}

describe('the simulator (S2, S4)', () => {
  it('gives the same trace for the same seed, in any order of runs, and another one for another seed', async () => {
    const first = await simulate({ settings: small('one') });
    const other = await simulate({ settings: small('two') });
    const again = await simulate({ settings: small('one') });
    expect(first.breach).toBeUndefined();
    expect(other.breach).toBeUndefined();
    expect(again).toEqual(first);
    expect(other.hash).not.toBe(first.hash);
    expect(first.operations.backup).toBeGreaterThan(2);
  });

  it('writes a plan from which lines can be left out without changing the others', async () => {
    const settings = small('three');
    const script = writeScript(settings);
    expect(writeScript(settings)).toEqual(script);
    const half = await simulate({ settings, script: script.filter(({ id }) => id % 2 === 0) });
    expect(half.breach).toBeUndefined();
    expect(half.virtualMs).toBeGreaterThanOrEqual(7 * 24 * 3_600_000);
  });
});
