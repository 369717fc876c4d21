import { describe, expect, it } from 'vitest';
import { PlannedRate } from '../../src/api/planned-rate.ts';
import { KiB } from '../../src/model/units.ts';
import { calendarOf } from '../../src/policy/calendar-span.ts';
import { parseRatePlan } from '../../src/policy/rate-plan.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';

describe('a rate by the time of day', () => {
  it('changes when its hour comes, without a timer while nothing moves (T4)', async () => {
    const clock = new SimulatedClock();
    const utc = calendarOf('UTC');
    const { hour } = utc.fields(clock.now());
    const two = (at: number): string => String(at % 24).padStart(2, '0');
    const plan = parseRatePlan(`${two(hour)}:00-${two(hour + 1)}:00=64k,1M`);
    const rate = new PlannedRate(clock, utc, plan);
    expect(rate.bytesPerSecond).toBe(64 * KiB);
    const startMs = clock.monotonicMs();
    for (let piece = 0; piece < 10; piece++) await clock.until(rate.take(64 * KiB));
    expect(clock.monotonicMs() - startMs).toBeGreaterThan(8000);
    await clock.advance(3_600_000);
    expect(rate.bytesPerSecond).toBe(1024 * KiB);
    rate.change(undefined);
    expect(rate.bytesPerSecond).toBe(Number.POSITIVE_INFINITY);
  });
});
