/** The loop that runs schedules, on a virtual clock: nothing here waits for real. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunOptions } from '../../../src/api/schedule/run-schedule.ts';
import { ScheduleFolder } from '../../../src/api/schedule/schedule-folder.ts';
import type { RunEnd, Schedule } from '../../../src/api/schedule/schedule-types.ts';
import { Scheduler } from '../../../src/api/schedule/scheduler.ts';
import { MemoryDisk } from '../../../src/runtime/memory-disk.ts';
import { SeededRandom } from '../../../src/runtime/seeded-random.ts';
import { SimulatedClock } from '../../../src/runtime/simulated-clock.ts';

const MIN = 60_000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;
const DONE: RunEnd = { outcome: 'done', exitCode: 0, problems: [] };
const FAILED: RunEnd = { outcome: 'failed', exitCode: 20, problems: ['nobody answers'] };

let clock: SimulatedClock;
let disk: MemoryDisk;
let folder: ScheduleFolder;
let scheduler: Scheduler;
/** "name@minute" of each run that was begun. */
let begun: string[];
let warnings: string[];
let alarms: string[];
let battery: boolean;
let changed: () => void;
let closedWatches: number;
/** How a run goes; replaced by tests. */
let act: (schedule: Schedule, options: RunOptions) => Promise<RunEnd>;
const held = new Set<string>();
let startMs: number;

function schedule(name: string, more: Partial<Schedule> = {}): Schedule {
  return {
    name,
    home: `/home/${name}`,
    paths: ['/data'],
    excludes: [],
    excludeFiles: [],
    tags: [],
    timing: { timeZone: 'UTC', everyMs: HOUR },
    keep: [],
    notOnBattery: false,
    addedMs: clock.now(),
    unlock: { kind: 'file', file: '/secret' },
    ...more,
  };
}

/** A peer that begins to run now. */
function boot(): void {
  held.clear(); // the locks of a process die with it
  folder = new ScheduleFolder('/peer', disk, (name) => {
    if (held.has(name)) return undefined;
    held.add(name);
    return { release: () => held.delete(name) };
  });
  scheduler = new Scheduler({
    folder,
    clock,
    random: new SeededRandom(1),
    run: (each, options) => {
      begun.push(`${each.name}@${Math.round((clock.now() - startMs) / MIN)}`);
      return act(each, options);
    },
    watch: (_schedule, onChange) => {
      changed = onChange;
      return { ready: Promise.resolve(), close: () => closedWatches++ };
    },
    onBattery: async () => battery,
    alarm: async (_schedule, text) => {
      alarms.push(text);
    },
    onWarning: (text) => warnings.push(text),
    onDetail: () => undefined,
    everyMs: 20_000,
  });
  scheduler.start();
}

beforeEach(() => {
  clock = new SimulatedClock();
  startMs = clock.now();
  disk = new MemoryDisk({ now: () => clock.now() });
  [begun, warnings, alarms, battery, closedWatches] = [[], [], [], false, 0];
  act = async () => DONE;
  boot();
});
afterEach(async () => {
  await clock.until(scheduler.stop());
});

describe('a schedule', () => {
  it('that is added while the peer runs is found, run, and run again every interval', async () => {
    await clock.advance(10 * MIN);
    await folder.write(schedule('docs'));
    await clock.advance(2 * HOUR + MIN);
    expect(begun).toEqual(['docs@10', 'docs@70', 'docs@130']);
    const { runs } = await folder.book('docs');
    expect(runs.map(({ reason, outcome }) => `${reason} ${outcome}`)).toEqual([
      'due done',
      'due done',
      'due done',
    ]);
  });

  it('that was missed while the peer was off runs once when it is on', async () => {
    await folder.write(schedule('docs'));
    await clock.advance(MIN);
    await clock.until(scheduler.stop());
    await clock.advance(3 * DAY);
    boot();
    await clock.advance(59 * MIN);
    expect(begun).toEqual(['docs@0', 'docs@4321']);
    expect((await folder.book('docs')).runs.at(-1)?.reason).toBe('missed');
  });

  it('that fails is tried again, later and later, until it works', async () => {
    act = async () => (begun.length < 4 ? FAILED : DONE);
    await folder.write(schedule('docs', { timing: { timeZone: 'UTC', everyMs: DAY } }));
    await clock.advance(3 * HOUR);
    expect(begun).toEqual(['docs@0', 'docs@5', 'docs@15', 'docs@35']);
    expect(warnings[0]).toBe('schedule docs: failed (exit code 20): nobody answers');
  });

  it('waits while another backup of the same vault runs, and not for that of another vault', async () => {
    act = async () => {
      await clock.sleep(30 * MIN);
      return DONE;
    };
    await folder.write(schedule('one', { home: '/same' }));
    await folder.write(schedule('other'));
    await folder.write(schedule('two', { home: '/same' }));
    await clock.advance(50 * MIN);
    expect(begun).toEqual(['one@0', 'other@0', 'two@30']);
  });

  it('waits for mains power when it shall not run on battery', async () => {
    battery = true;
    await folder.write(schedule('docs', { notOnBattery: true }));
    await folder.write(schedule('always'));
    await clock.advance(20 * MIN);
    expect(begun).toEqual(['always@0']);
    battery = false;
    await clock.advance(MIN);
    expect(begun).toEqual(['always@0', 'docs@20']);
  });

  it('does not begin in a pause, and makes up for it once after its end', async () => {
    await folder.pause(clock.now() + 5 * HOUR);
    await folder.write(schedule('docs'));
    await clock.advance(5 * HOUR + MIN);
    expect(begun).toEqual(['docs@300']);
    await folder.pause(Number.POSITIVE_INFINITY);
    await clock.advance(10 * HOUR);
    expect(begun).toHaveLength(1);
    await folder.pause(undefined);
    await clock.advance(MIN);
    expect(begun).toHaveLength(2);
  });

  it('applies its policy after a backup, but at most once an hour', async () => {
    const tidied: boolean[] = [];
    act = async (_schedule, { tidy }) => {
      tidied.push(tidy);
      return { ...DONE, ...(tidy ? { forgotten: 0 } : {}) };
    };
    await folder.write(schedule('docs', { timing: { timeZone: 'UTC', everyMs: 25 * MIN } }));
    await clock.advance(101 * MIN);
    expect(tidied).toEqual([true, false, false, true, false]);
  });

  it('that is removed while it runs is stopped', async () => {
    let stopped = false;
    act = async (_schedule, { signal }) => {
      await clock.sleep(DAY, signal).catch(() => {
        stopped = true;
      });
      return { outcome: 'stopped', problems: [] };
    };
    await folder.write(schedule('docs'));
    await clock.advance(MIN);
    await folder.remove('docs');
    await clock.advance(MIN);
    expect(stopped).toBe(true);
  });

  it('that cannot be read is told once and stops no other', async () => {
    await disk.write('/peer/schedules/broken/schedule.json', [Buffer.from('{"version":1}')]);
    await folder.write(schedule('docs'));
    await clock.advance(HOUR / 2);
    expect(begun).toEqual(['docs@0']);
    expect(warnings).toEqual([expect.stringContaining('the schedule broken')]);
  });
});

describe('a run that does not end by itself', () => {
  it('is stopped when the peer stops, and its slot is still due at the next start', async () => {
    act = async (_schedule, { signal }) => {
      await clock.sleep(DAY, signal).catch(() => undefined);
      return { outcome: 'stopped', problems: [] };
    };
    await folder.write(
      schedule('docs', { timing: { timeZone: 'UTC', cron: '0 3 * * *' }, addedMs: startMs - DAY }),
    );
    await clock.advance(MIN);
    await clock.until(scheduler.stop());
    expect((await folder.book('docs')).runs.map(({ outcome }) => outcome)).toEqual(['stopped']);
    act = async () => DONE;
    boot();
    await clock.advance(MIN);
    expect((await folder.book('docs')).runs.map(({ outcome }) => outcome)).toEqual(['stopped', 'done']);
  });

  it('because its process was killed is written down as dead, and made up for', async () => {
    act = () => new Promise(() => undefined);
    await folder.write(schedule('docs'));
    await clock.advance(MIN);
    const killed = scheduler;
    act = async () => DONE;
    boot();
    await clock.advance(MIN);
    const { runs } = await folder.book('docs');
    expect(runs.map(({ outcome }) => outcome)).toEqual(['died', 'done']);
    expect(begun).toHaveLength(2);
    void killed;
  });

  it('is left alone while somebody runs it by hand', async () => {
    await folder.write(schedule('docs'));
    const lock = folder.lock('docs');
    await folder.writeBook('docs', {
      failures: 0,
      alarms: [],
      runs: [{ outcome: 'running', reason: 'by-hand', startMs, problems: [] }],
    });
    await clock.advance(HOUR);
    expect(begun).toEqual([]);
    lock?.release();
    await clock.advance(MIN);
    expect(begun).toEqual(['docs@60']);
  });
});

describe('a schedule that watches', () => {
  const watching = { timing: { timeZone: 'UTC', settleMs: 30_000 } };

  it('runs once after the start, then after changes that have settled, and after no others', async () => {
    await folder.write(schedule('docs', watching));
    await clock.advance(10 * MIN);
    expect(begun).toEqual(['docs@1']);
    for (let i = 0; i < 5; i++) {
      changed();
      await clock.advance(20_000);
    }
    expect(begun).toHaveLength(1);
    await clock.advance(HOUR);
    expect(begun).toEqual(['docs@1', 'docs@12']);
    expect(closedWatches).toBe(2); // made anew after each run
  });

  it('sees what changes during its own run', async () => {
    act = async () => {
      await clock.sleep(5 * MIN);
      return DONE;
    };
    await folder.write(schedule('docs', watching));
    await clock.advance(3 * MIN);
    changed();
    await clock.advance(2 * MIN);
    expect(begun).toEqual(['docs@1']);
    await clock.advance(3 * MIN);
    expect(begun).toHaveLength(2);
  });
});

describe('a backup that is expected', () => {
  it('and does not come raises one alarm for each time in which it should have come', async () => {
    act = async () => FAILED;
    await folder.write(schedule('docs', { expectMs: 3 * HOUR }));
    await clock.advance(2 * HOUR);
    expect(alarms).toEqual([]);
    await clock.advance(5 * HOUR);
    expect(alarms).toHaveLength(2);
    expect(warnings.filter((text) => text.includes('no backup has come since it was added'))).toHaveLength(2);
    expect((await folder.book('docs')).alarms).toHaveLength(2);
  });

  it('and comes raises none, nor does a pause hide that it does not', async () => {
    await folder.write(schedule('docs', { expectMs: 3 * HOUR }));
    await clock.advance(6 * HOUR);
    expect(alarms).toEqual([]);
    await folder.pause(Number.POSITIVE_INFINITY);
    await clock.advance(4 * HOUR);
    expect(alarms).toHaveLength(1);
  });
});
