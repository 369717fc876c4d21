import { describe, expect, it } from 'vitest';
import { Pulse } from '../../src/network/muxer-pulse.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';

function patient(): { clock: SimulatedClock; pulse: Pulse; pings: number[]; deaths: number[] } {
  const clock = new SimulatedClock();
  const pings: number[] = [];
  const deaths: number[] = [];
  const pulse = new Pulse({
    clock,
    ping: (number) => pings.push(number),
    onDead: (silentMs) => deaths.push(silentMs),
  });
  return { clock, pulse, pings, deaths };
}

describe('the pulse of a connection', () => {
  it('measures the way at once and then every quarter of a minute; the shortest of the last counts', async () => {
    const { clock, pulse, pings } = patient();
    await clock.advance(0);
    expect(pings).toEqual([1]);
    expect(pulse.roundTripMs).toBeUndefined();
    await clock.advance(80);
    pulse.answered(1);
    await clock.advance(15_000);
    await clock.advance(900); // behind a queue of chunks
    pulse.heard();
    pulse.answered(2);
    expect(pulse.roundTripMs).toBe(80);
    for (let i = 3; i < 12; i++) {
      await clock.advance(15_000);
      await clock.advance(300); // the way has become longer
      pulse.heard();
      pulse.answered(pings.at(-1) ?? 0);
    }
    expect(pulse.roundTripMs).toBeGreaterThan(80);
    pulse.stop();
  });

  it('finds a connection dead half a minute after the last byte, and not again', async () => {
    const { clock, deaths } = patient();
    await clock.advance(29_000);
    expect(deaths).toEqual([]);
    await clock.advance(10_000);
    expect(deaths).toHaveLength(1);
    await clock.advance(100_000);
    expect(deaths).toHaveLength(1);
  });

  it('lets a connection live on which anything moves, also when no ping comes through for minutes', async () => {
    const { clock, pulse, pings, deaths } = patient();
    for (let i = 0; i < 100; i++) {
      await clock.advance(9000);
      pulse.heard();
    }
    expect(deaths).toEqual([]);
    expect(pings).toEqual([1]); // one is enough as long as it has no answer
    pulse.stop();
  });

  it('does not take its own sleep for the death of the other side', async () => {
    let nowMs = 0;
    let due = (): void => undefined;
    const deaths: number[] = [];
    const clock = new SimulatedClock();
    const pulse = new Pulse({
      clock: Object.assign(Object.create(clock) as SimulatedClock, {
        monotonicMs: () => nowMs,
        schedule: (_ms: number, run: () => void) => {
          due = run;
          return () => undefined;
        },
      }),
      ping: () => undefined,
      onDead: (silentMs) => deaths.push(silentMs),
    });
    due();
    nowMs = 3_600_000; // the machine was suspended; what came meanwhile is read in a moment
    due();
    expect(deaths).toEqual([]);
    pulse.stop();
  });

  it('ignores answers nobody asked for', async () => {
    const { clock, pulse } = patient();
    await clock.advance(10);
    pulse.answered(77);
    expect(pulse.roundTripMs).toBeUndefined();
    pulse.stop();
  });
});
