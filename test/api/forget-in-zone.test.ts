/** Days of a policy are those of the machine where the command runs. */
import { afterEach, expect, it } from 'vitest';
import { localTimeZone } from '../../src/api/local-time-zone.ts';
import { HOUR, Stage } from '../scenarios/stage.ts';
import { StagedOwner } from './staged-owner.ts';

let stage: Stage | undefined;
afterEach(() => stage?.stop());

it('counts the days of a policy in the time zone of the machine', async () => {
  stage = new Stage();
  const peers = await stage.enter(['alfa', 'bravo', 'charlie']);
  const owner = new StagedOwner(stage);
  await owner.create(peers);
  // Virtual time begins on 15 January 2027 at 08:00 UTC: backups at 22:00 and 23:30 UTC are one day there, and two in Berlin.
  await stage.pass(14 * HOUR);
  await owner.backUp();
  await stage.pass(1.5 * HOUR);
  await owner.backUp();
  const reasons = async (timeZone: string): Promise<readonly string[]> => {
    owner.timeZone = timeZone;
    const ask = { policy: { daily: 7 }, dryRun: true };
    const { groups } = await owner.visit((vault) => vault.forget(ask));
    return groups.flatMap(({ keep }) => keep.flatMap((kept) => kept.reasons));
  };
  expect(await reasons('UTC')).toEqual(['daily snapshot', 'oldest daily snapshot']);
  expect(await reasons('Europe/Berlin')).toEqual(['daily snapshot', 'daily snapshot']);
});

it('takes a name that calendars know, or UTC', () => {
  const before = process.env.TZ;
  try {
    for (const [zone, name] of [
      ['Europe/Berlin', 'Europe/Berlin'],
      ['no such zone', 'UTC'],
    ]) {
      process.env.TZ = zone;
      expect(localTimeZone()).toBe(name);
    }
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
});
