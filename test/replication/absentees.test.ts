/** Who is not even connected when the others have answered is given up in seconds, and nobody else is (T3). */
import { describe, expect, test } from 'vitest';
import { Absentees } from '../../src/replication/absentees.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';

function round({ dialledMs = 0, connected = [] as string[] } = {}) {
  const clock = new SimulatedClock();
  const givenUp = new Map<string, number>();
  const absentees = new Absentees({
    clock,
    isConnected: (peer) => connected.includes(peer),
    dialledMs: () => dialledMs,
  });
  const ask = (peer: string) =>
    absentees.asked(peer, () => {
      givenUp.set(peer, clock.monotonicMs());
    });
  return { clock, givenUp, ask };
}

describe('a peer that is not connected', () => {
  test('is given up three seconds after its dial began, when half of the peers have answered', async () => {
    const { clock, givenUp, ask } = round();
    const [a, b] = ['a', 'b', 'c', 'd'].map(ask);
    a?.answered();
    a?.ended();
    await clock.advance(10);
    b?.answered();
    b?.ended();
    await clock.advance(10_000);
    expect([...givenUp]).toEqual([
      ['c', 3000],
      ['d', 3000],
    ]);
  });

  test('is waited for while fewer than half have answered', async () => {
    const { clock, givenUp, ask } = round();
    const [a] = ['a', 'b', 'c'].map(ask);
    a?.answered();
    await clock.advance(60_000);
    expect(givenUp.size).toBe(0);
  });

  test('is given up a second after the others answered when its dial began long ago', async () => {
    const { clock, givenUp, ask } = round({ dialledMs: -5000 });
    const [a] = ['a', 'b'].map(ask);
    await clock.advance(20);
    a?.answered();
    a?.ended();
    await clock.advance(10_000);
    expect([...givenUp]).toEqual([['b', 1020]]);
  });

  test('gets three times as long as the quicker half on a machine where everything is slow', async () => {
    const { clock, givenUp, ask } = round();
    const [a] = ['a', 'b'].map(ask);
    await clock.advance(1500);
    a?.answered();
    await clock.advance(10_000);
    expect(givenUp.get('b')).toBe(1500 + 3 * 1500);
  });

  test('is given its time also when it is named late', async () => {
    const { clock, givenUp, ask } = round({ dialledMs: 2000 });
    ask('a').answered();
    await clock.advance(2000);
    ask('late');
    await clock.advance(10_000);
    expect(givenUp.get('late')).toBe(5000);
  });
});

test('a peer that is connected, or has answered or failed, is never given up', async () => {
  const { clock, givenUp, ask } = round({ connected: ['far'] });
  ask('far');
  const [a, b] = ['a', 'b'].map(ask);
  a?.answered();
  b?.answered();
  b?.ended();
  a?.ended();
  await clock.advance(60_000);
  expect(givenUp.size).toBe(0);
});
