import { beforeEach, describe, expect, it } from 'vitest';
import { Watchdog } from '../../src/protocol/watchdog.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';

describe('a watchdog', () => {
  let clock: SimulatedClock;
  let stalls = 0;
  let dog: Watchdog;
  beforeEach(() => {
    clock = new SimulatedClock();
    stalls = 0;
    dog = new Watchdog({ clock, idleMs: 1000, onStall: () => stalls++ });
  });

  it('barks once, a second after the last move, and only while it watches', async () => {
    await clock.advance(5000);
    dog.watch(true);
    for (let i = 0; i < 5; i++) {
      await clock.advance(900);
      dog.moved();
    }
    await clock.advance(999);
    expect(stalls).toBe(0);
    await clock.advance(10_000);
    expect(stalls).toBe(1);
    dog.watch(true);
    await clock.advance(500);
    dog.watch(false);
    await clock.advance(10_000);
    expect(stalls).toBe(1);
  });

  /** Time and the one timer in the test's own hands. */
  function byHand(onYield: () => void = () => undefined): {
    readonly fire: (nowMs: number) => Promise<void>;
  } {
    let run = (): void => undefined;
    let atMs = 0;
    const hand: Clock = {
      monotonicMs: () => atMs,
      now: () => atMs,
      sleep: () => Promise.resolve(),
      yield: async () => onYield(),
      schedule: (_, then) => {
        run = then;
        return () => undefined;
      },
    };
    dog = new Watchdog({ clock: hand, idleMs: 1000, onStall: () => stalls++ });
    dog.watch(true);
    const fire = async (nowMs: number): Promise<void> => {
      atMs = nowMs;
      run();
      await clock.advance(0);
    };
    return { fire };
  }

  it('does not take our own sleep for theirs', async () => {
    const { fire } = byHand();
    await fire(60_000); // the machine slept for a minute
    expect(stalls).toBe(0);
    await fire(61_000);
    expect(stalls).toBe(1);
  });

  it('lets waiting bytes in before it barks', async () => {
    let waiting = true;
    const { fire } = byHand(() => {
      if (waiting) dog.moved();
      waiting = false;
    });
    await fire(1000);
    expect(stalls).toBe(0);
    await fire(2000);
    expect(stalls).toBe(1);
  });
});
