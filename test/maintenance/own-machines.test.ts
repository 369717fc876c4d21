/** A holder's view of a vault with members on the owner's own machines: they keep nothing that counts (P2). */
import { expect, it } from 'vitest';
import { VaultView } from '../../src/maintenance/vault-view.ts';
import { GROUPS } from '../../src/model/ids.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import { Holdings } from '../../src/store/holdings.ts';
import { SampleVault } from '../store/sample-log.ts';

const vault = new SampleVault('own machines');
const PEERS = ['us', 'ann', 'bob', 'cid', 'desk'];

async function viewOf(
  avoid: readonly string[],
  machines: Readonly<Record<string, string>>,
): Promise<VaultView> {
  const place = { disk: new MemoryDisk(), folder: '/peer', self: 'us', capacityBytes: 1e9, floorBytes: 0 };
  const holdings = await Holdings.open({ ...place, clock: new SimulatedClock() });
  const holding = holdings.vault(vault.id, true);
  const members = PEERS.map((peer) => ({ peer, weight: 1, zone: `zone ${peer}` }));
  await holding.table.write(vault.table(1, { members, ...(avoid.length > 0 ? { avoid } : {}) }));
  const view = new VaultView(holding, 'us');
  view.refresh({
    health: new Map(),
    healthWith: () => new Map(),
    unsoundIn: () => new Set(),
    draining: false,
    machineOf: (peer) => machines[peer] ?? '',
  });
  return view;
}

const keepersOf = (view: VaultView): ReadonlySet<string> =>
  new Set(Array.from({ length: GROUPS }, (_, group) => view.keepers(group)).flat());

it('gives no group to a member on a machine of the owner, and counts its zone as free (P2)', async () => {
  const view = await viewOf(['mine'], { desk: 'mine', ann: 'other' });
  expect([...keepersOf(view)].sort()).toEqual(['ann', 'bob', 'cid', 'us']);
  expect([...view.gone()]).toEqual(['desk']);
  expect(view.declines.some((byte) => byte !== 0)).toBe(false);
});

it('tells others that it declines everything when it runs on such a machine itself', async () => {
  const view = await viewOf(['mine'], { us: 'mine' });
  expect(view.declines.every((byte) => byte === 0xff)).toBe(true);
  expect(keepersOf(view).has('us')).toBe(false);
});

it('keeps as always where the table names no machine, as in a trial mesh', async () => {
  const view = await viewOf([], { desk: 'mine', us: 'mine' });
  expect([...keepersOf(view)].sort()).toEqual([...PEERS].sort());
});

it('does not let a copy go because of proofs from such machines (R3)', async () => {
  const view = await viewOf(['mine'], { desk: 'mine' });
  expect(view.maySpare(new Set(['ann', 'bob', 'desk']))).toBe(false);
  expect(view.maySpare(new Set(['ann', 'bob', 'cid']))).toBe(true);
});

it('keeps on the machines of an owner who works at several only what nobody else can keep (P2)', async () => {
  const view = await viewOf(['desk tag', 'laptop tag'], { us: 'desk tag', desk: 'laptop tag' });
  expect([...keepersOf(view)].sort()).toEqual(['ann', 'bob', 'cid']);
  expect(view.declines.every((byte) => byte === 0)).toBe(true);
  const few = await viewOf(['desk tag', 'laptop tag'], {
    us: 'desk tag',
    desk: 'laptop tag',
    bob: 'desk tag',
    cid: 'desk tag',
  });
  for (let group = 0; group < GROUPS; group++) {
    expect(few.keepers(group)).toHaveLength(3);
    expect(few.keepers(group)[0]).toBe('ann');
  }
  expect(few.short()).toBe(2);
});
