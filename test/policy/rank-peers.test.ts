/** Ranking (P1): half latency, half free space, as percentile ranks; every left-out peer has a reason. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PeerFacts, type RankOptions, rankPeers } from '../../src/policy/rank-peers.ts';

const GB = 1e9;

function facts(peer: string, changes: Partial<PeerFacts> = {}): PeerFacts {
  return {
    peer,
    name: peer,
    zone: `zone of ${peer}`,
    machine: `machine of ${peer}`,
    latencyMs: 10,
    freeBytes: 10 * GB,
    capacityBytes: 20 * GB,
    accepting: true,
    version: '0.1.0',
    reachable: true,
    ...changes,
  };
}

const order = (candidates: readonly PeerFacts[], options?: RankOptions): string[] =>
  rankPeers(candidates, options).ranked.map((peer) => peer.facts.peer);

const candidates = fc.uniqueArray(
  fc
    .record({
      peer: fc.string({ minLength: 1, maxLength: 8 }),
      latencyMs: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.double({ min: 0, max: 1e4, noNaN: true })),
      freeBytes: fc.oneof(fc.constantFrom(1e9, 2e9), fc.integer({ min: 1e7, max: 1e13 })),
    })
    .map(({ peer, ...changes }) => facts(peer, changes)),
  { selector: (entry) => entry.peer, maxLength: 12 },
);

/** P1 word for word: the share of the other candidates that are worse, a tie counting half. */
function naiveShare(mine: number, others: readonly number[], isWorse: (other: number) => boolean): number {
  if (others.length === 0) return 1;
  const worse = others.filter(isWorse).length;
  const equal = others.filter((other) => other === mine).length;
  return (worse + equal / 2) / others.length;
}

describe('rankPeers', () => {
  test('gives every peer the score of a naive version of the rule (P1)', () => {
    fc.assert(
      fc.property(candidates, (all) => {
        for (const { facts: mine, score, latencyScore, freeScore } of rankPeers(all).ranked) {
          const others = all.filter((other) => other.peer !== mine.peer);
          const latency = mine.latencyMs ?? 0;
          const latencies = others.map((other) => other.latencyMs ?? 0);
          const naiveLatency = naiveShare(latency, latencies, (other) => other > latency);
          const free = others.map((other) => other.freeBytes);
          const naiveFree = naiveShare(mine.freeBytes, free, (other) => other < mine.freeBytes);
          expect(latencyScore).toBeCloseTo(naiveLatency, 10);
          expect(freeScore).toBeCloseTo(naiveFree, 10);
          expect(score).toBeCloseTo((naiveLatency + naiveFree) / 2, 10);
        }
      }),
    );
  });

  test('orders by score and numbers from one, whatever the order of the candidates', () => {
    fc.assert(
      fc.property(candidates, (all) => {
        const { ranked } = rankPeers(all);
        expect(ranked.map((peer) => peer.rank)).toEqual(ranked.map((_, index) => index + 1));
        for (let i = 1; i < ranked.length; i += 1) {
          expect(ranked[i]?.score ?? 0).toBeLessThanOrEqual(ranked[i - 1]?.score ?? 0);
        }
        expect(order(all.toReversed())).toEqual(ranked.map((peer) => peer.facts.peer));
      }),
    );
  });

  test('is not flattened by one outlier', () => {
    const far = facts('far', { latencyMs: 100_000 });
    const ranked = rankPeers([
      facts('near', { latencyMs: 1 }),
      facts('middle', { latencyMs: 50 }),
      far,
    ]).ranked;
    expect(ranked.map((peer) => peer.latencyScore)).toEqual([1, 0.5, 0]);
  });

  test('follows other weights when they are set', () => {
    const near = facts('near', { latencyMs: 1, freeBytes: GB });
    const roomy = facts('roomy', { latencyMs: 90, freeBytes: 9 * GB });
    expect(order([near, roomy], { weights: { latency: 1, free: 0 } })).toEqual(['near', 'roomy']);
    expect(order([near, roomy], { weights: { latency: 0, free: 3 } })).toEqual(['roomy', 'near']);
  });

  test('puts a peer whose latency is unknown last in latency', () => {
    const { latencyMs: _, ...unknown } = facts('unknown');
    const [best, worst] = rankPeers([unknown, facts('slow', { latencyMs: 5_000 })]).ranked;
    expect([best?.facts.peer, worst?.latencyScore]).toEqual(['slow', 0]);
  });

  test('says why each peer was left out (P1, P2)', () => {
    const { ranked, leftOut } = rankPeers(
      [
        facts('good'),
        facts('gone', { reachable: false, accepting: false }),
        facts('here', { machine: 'mine' }),
        facts('old', { version: '0.0.9' }),
        facts('silent', { version: '' }),
        facts('draining', { accepting: false }),
        facts('full', { freeBytes: 1000 }),
      ],
      { machine: 'mine', version: '0.1.7' },
    );
    expect(ranked.map((peer) => peer.facts.peer)).toEqual(['good']);
    expect(leftOut.map(({ facts: { peer }, reason }) => [peer, reason])).toEqual([
      ['gone', 'unreachable'],
      ['here', 'this-machine'],
      ['old', 'other-version'],
      ['silent', 'other-version'],
      ['draining', 'not-accepting'],
      ['full', 'full'],
    ]);
  });

  test('uses peers on this machine only when no peer is known elsewhere: a trial mesh (P2)', () => {
    const here = [facts('a', { machine: 'mine' }), facts('b', { machine: 'mine' })];
    const gone = facts('gone', { machine: '', reachable: false });
    expect(rankPeers([...here, gone], { machine: 'mine' })).toMatchObject({ trialMesh: true });
    expect(order([...here, gone], { machine: 'mine' })).toEqual(['a', 'b']);
    const away = facts('away', { reachable: false });
    expect(rankPeers([...here, away], { machine: 'mine' })).toMatchObject({ trialMesh: false, ranked: [] });
  });
});
