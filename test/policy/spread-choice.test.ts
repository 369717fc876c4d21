import { describe, expect, it } from 'vitest';
import { MiB } from '../../src/model/units.ts';
import { SpreadChoice, type SpreadMode } from '../../src/policy/spread-choice.ts';

interface Link {
  /** Of what a backup gets onto all its holders, in each mode. */
  readonly mbPerSecond: Readonly<Record<SpreadMode, number>>;
  /** Share of a put's time that the relay spends on passing on. */
  readonly waitShare?: number;
  readonly busy?: boolean;
}

/** Backs up for a while, four chunks of 1 MiB in flight; how much time went into each mode. */
function run(choice: SpreadChoice, link: Link, seconds: number, fromMs = 0): Record<SpreadMode, number> {
  const spent: Record<SpreadMode, number> = { direct: 0, relay: 0 };
  const inFlight: { mode: SpreadMode; startedMs: number }[] = [];
  for (let nowMs = fromMs; nowMs < fromMs + seconds * 1000; ) {
    while (inFlight.length < 4) inFlight.push({ mode: choice.mode, startedMs: nowMs });
    const next = inFlight.shift();
    if (!next) break;
    const tookMs = 1000 / link.mbPerSecond[next.mode];
    nowMs += tookMs;
    spent[next.mode] += tookMs / 1000;
    const waitMs = next.mode === 'relay' ? (nowMs - next.startedMs) * (link.waitShare ?? 0.1) : 0;
    choice.ended({ ...next, bytes: MiB, endedMs: nowMs, waitMs, busy: link.busy ?? true });
  }
  return spent;
}

describe('SpreadChoice (T2)', () => {
  it('finds out that relaying is faster where the uplink is slow, and stays with it', () => {
    const choice = new SpreadChoice('direct');
    const spent = run(choice, { mbPerSecond: { direct: 0.8, relay: 2.4 } }, 600);
    expect(choice.mode).toBe('relay');
    expect(spent.direct).toBeLessThan(25);
  });

  it('never sends a second copy to try, while passing on is not what holds it back', () => {
    const choice = new SpreadChoice('relay');
    const spent = run(choice, { mbPerSecond: { direct: 0.8, relay: 2.4 }, waitShare: 0.3 }, 3600);
    expect(spent.direct).toBe(0);
  });

  it('finds out that sending directly is faster where the holders have the slow uplinks', () => {
    const choice = new SpreadChoice('relay');
    const spent = run(choice, { mbPerSecond: { direct: 30, relay: 2.5 }, waitShare: 0.9 }, 600);
    expect(choice.mode).toBe('direct');
    expect(spent.relay).toBeLessThan(60);
  });

  it.each(['direct', 'relay'] as const)(
    'stays with %s where both are as good, and looks more and more rarely',
    (first) => {
      const choice = new SpreadChoice(first);
      const spent = run(choice, { mbPerSecond: { direct: 40, relay: 42 }, waitShare: 0.8 }, 3600);
      expect(choice.mode).toBe(first);
      expect(spent[first === 'direct' ? 'relay' : 'direct']).toBeLessThan(60);
    },
  );

  it('changes nothing while the source is the slow one', () => {
    const choice = new SpreadChoice('direct');
    const spent = run(choice, { mbPerSecond: { direct: 5, relay: 50 }, busy: false }, 600);
    expect(spent.relay).toBe(0);
  });

  it('notices when the link has changed', () => {
    const choice = new SpreadChoice('direct');
    run(choice, { mbPerSecond: { direct: 60, relay: 30 }, waitShare: 0.8 }, 300);
    expect(choice.mode).toBe('direct');
    run(choice, { mbPerSecond: { direct: 1, relay: 3 } }, 1800, 300_000);
    expect(choice.mode).toBe('relay');
  });

  it('decides alike from the same samples', () => {
    const modes = [0, 1].map(() => {
      const choice = new SpreadChoice('direct');
      return [run(choice, { mbPerSecond: { direct: 2, relay: 5 } }, 100), choice.mode];
    });
    expect(modes[0]).toEqual(modes[1]);
  });
});
