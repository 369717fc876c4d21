/** Machines of the owner in the holder table: which tags are written, kept and taken out (P2, decision 3). */
import { describe, expect, test } from 'vitest';
import { MAX_AVOIDED, peersOnMachines, planAvoided } from '../../src/policy/own-machines.ts';
import { type PeerFacts, type Ranking, rankPeers } from '../../src/policy/rank-peers.ts';
import { chooseRecruits } from '../../src/policy/recruit-plan.ts';
import { planTable } from '../../src/policy/table-plan.ts';

/** Peers as "machine/name"; "?" is a machine that nobody knows, since its peer does not answer. */
function facts(peers: readonly string[]): PeerFacts[] {
  return peers.map((peer) => {
    const machine = peer.split('/')[0] ?? '';
    const silent = machine === '?';
    return {
      peer,
      name: peer,
      zone: peer,
      machine: silent ? '' : machine,
      latencyMs: 1,
      freeBytes: 1e12,
      capacityBytes: 1e12,
      accepting: true,
      version: '0.1.0',
      reachable: !silent,
    };
  });
}

const ranking = (peers: readonly string[]): Ranking => rankPeers(facts(peers), { machine: 'mine' });

function planned(known: readonly string[], surveyed: readonly string[], members: readonly string[]) {
  const inTable = members.map((peer) => ({ peer }));
  return planAvoided({ known, machine: 'mine', ranking: ranking(surveyed), members: inTable });
}

describe('the machines that a table avoids', () => {
  test.each<[string, string[], string[], string[], string[]]>([
    ['are this one', [], ['nas/a'], [], ['mine']],
    ['are this one and those known before, sorted', ['other', 'mine'], ['nas/a'], [], ['mine', 'other']],
    ['are not this one in a trial mesh', [], ['mine/a', 'mine/b'], [], []],
    ['are those of other devices also in a trial mesh', ['other'], ['mine/a'], [], ['other']],
    ['do not gain this one while the only peer elsewhere is silent', [], ['mine/a', '?/b'], ['?/b'], []],
    [
      'keep this one while a member may be elsewhere',
      ['mine'],
      ['mine/a', '?/b'],
      ['mine/a', '?/b'],
      ['mine'],
    ],
    ['lose this one when every member is here', ['mine', 'x'], ['mine/a'], ['mine/a'], ['x']],
    ['lose this one when nobody is a member', ['mine'], ['mine/a', '?/b'], [], []],
  ])('%s (P2)', (_, known, surveyed, members, expected) => {
    expect(planned(known, surveyed, members)).toEqual(expected);
  });

  test('are a bounded number, with this one among them', () => {
    const many = Array.from({ length: MAX_AVOIDED }, (_, i) => `a${100 + i}`);
    const next = planned(many, ['nas/a'], []);
    expect(next).toHaveLength(MAX_AVOIDED);
    expect(next).toContain('mine');
    expect(planned(next, ['nas/a'], [])).toEqual(next);
  });

  test('make a new table when they change, and none when they do not (P3)', () => {
    const { ranked } = ranking(['nas/a']);
    const first = planTable(undefined, ranked, 3, new Set(), ['mine']);
    expect(first).toMatchObject({ version: 1, avoid: ['mine'] });
    expect(planTable(first, ranked, 3, new Set(), ['mine'])).toBe(first);
    expect(planTable(first, ranked, 3)).toBe(first);
    expect(planTable(first, ranked, 3, new Set(), ['mine', 'x'])).toMatchObject({
      version: 2,
      avoid: ['mine', 'x'],
    });
    const none = planTable(first, ranked, 3, new Set(), []);
    expect([none.version, 'avoid' in none]).toEqual([2, false]);
  });
});

describe('peers on machines of the owner', () => {
  test('are never recruited, also when there is nobody else (P2)', () => {
    const avoid = new Set(['mine']);
    const strangers = (peers: string[]) => rankPeers(facts(peers), { avoid });
    const chosen = (peers: string[]) =>
      chooseRecruits({ ranking: strangers(peers), members: [], wanted: 3 }).map(
        ({ facts: { peer } }) => peer,
      );
    expect(chosen(['mine/a', 'nas/b', 'mine/c'])).toEqual(['nas/b']);
    expect(chosen(['mine/a', 'mine/b'])).toEqual([]);
    expect(strangers(['mine/a']).leftOut.map(({ reason }) => reason)).toEqual(['this-machine']);
  });

  test('are those whose machine is known to be one', () => {
    const machineOf = (peer: string): string => (peer === 'quiet' ? '' : `machine of ${peer}`);
    const machines = new Set(['machine of a', 'machine of x']);
    expect([...peersOnMachines(['a', 'b', 'quiet'], machineOf, machines)]).toEqual(['a']);
    expect(peersOnMachines(['a'], machineOf, new Set()).size).toBe(0);
  });
});
