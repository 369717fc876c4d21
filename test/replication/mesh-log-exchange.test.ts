/** Logs on all holders at once (L1, L3): who lags is brought up to date, who lies or stalls changes nothing. */
import { beforeEach, describe, expect, test } from 'vitest';
import { sign } from '../../src/crypto/ed25519.ts';
import { encodeHolderTable } from '../../src/format/holder-table.ts';
import { encodeLogEntry, entryHash } from '../../src/format/log-entry.ts';
import { VaultError } from '../../src/model/errors.ts';
import type { PeerName } from '../../src/model/ids.ts';
import type { Outlook } from '../../src/replication/ask-all.ts';
import { type LogHolder, MeshLogExchange } from '../../src/replication/mesh-log-exchange.ts';
import { World } from './world.ts';

let world: World;

function entriesOf(device: ReturnType<World['device']>, count: number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let sequence = 0; sequence < count; sequence += 1) {
    const before = entries.at(-1);
    const entry = {
      vault: world.vault,
      device: device.key.publicKey,
      sequence,
      ...(before ? { previous: entryHash(before) } : { certificate: device.certificate }),
      adds: [{ digest: world.random.bytes(32), size: 1000 }],
      drops: [],
    };
    entries.push(encodeLogEntry(entry, (message) => sign(device.key.privateKey, message)));
  }
  return entries;
}

function remote(name: PeerName, device = world.device()): LogHolder {
  return world.mesh.remote(name, world.vault, device.hello);
}

function exchangeOver(holders: () => readonly LogHolder[]): MeshLogExchange {
  return new MeshLogExchange({ vault: world.vault, holders, clock: world.clock });
}

const everyone = (): LogHolder[] => world.peers.map(({ name }) => remote(name));
const held = (name: PeerName): number[] =>
  world
    .holding(name)
    .logs.heads()
    .map((head) => head.next);

async function readAll(
  exchange: MeshLogExchange,
  device: Uint8Array,
  from: number,
  to: number,
): Promise<Uint8Array[]> {
  const entries: Uint8Array[] = [];
  const reading = async (): Promise<void> => {
    for await (const entry of exchange.read(device, from, to)) entries.push(entry);
  };
  await world.run(reading());
  return entries;
}

beforeEach(async () => {
  world = await World.make({ seed: 51, peers: 4 });
});

describe('append', () => {
  test('waits seconds for a holder that was silent before, and hardly at all when it is not connected or rests (T3)', async () => {
    const [stopped = ''] = world.peers.map(({ name }) => name);
    world.hub.isolate(stopped);
    const took = async (outlook: Outlook): Promise<number> => {
      const { vault, clock } = world;
      const exchange = new MeshLogExchange({ vault, holders: everyone, clock, outlook });
      await world.run(exchange.heads());
      const startMs = clock.monotonicMs();
      const entries = entriesOf(world.device(`laptop ${startMs}`), 1);
      const result = await world.run(exchange.append(entries));
      expect(result.failed.map(({ peer }) => peer)).toEqual([stopped]);
      return clock.monotonicMs() - startMs;
    };
    expect(await took({})).toBeGreaterThan(2500);
    expect(await took({ isConnected: (peer) => peer !== stopped })).toBeLessThan(1000);
    expect(await took({ isResting: (peer) => peer === stopped })).toBeLessThan(1000);
  });

  test('gives entries to every holder and names those that keep them', async () => {
    const exchange = exchangeOver(everyone);
    const result = await world.run(exchange.append(entriesOf(world.device(), 3)));
    expect([...result.accepted].sort()).toEqual(world.peers.map(({ name }) => name).sort());
    expect(world.peers.map(({ name }) => held(name))).toEqual([[3], [3], [3], [3]]);
  });

  test('brings a holder that missed entries up to date, of all devices (L3)', async () => {
    const [laptop, desktop] = [world.device('laptop'), world.device('desktop')];
    const mine = entriesOf(laptop, 6);
    const theirs = entriesOf(desktop, 3);
    const some = (): LogHolder[] => everyone().slice(0, 2);
    await world.run(exchangeOver(some).append(theirs));
    await world.run(exchangeOver(some).append(mine.slice(0, 4)));
    const result = await world.run(exchangeOver(everyone).append(mine.slice(4)));
    expect(result.failed).toEqual([]);
    for (const { name } of world.peers) expect(new Set(held(name))).toEqual(new Set([3, 6]));
  });

  test('says who did not take the entries and why, without waiting for minutes', async () => {
    const [dead = '', stopped = ''] = world.peers.map(({ name }) => name);
    world.kill(dead);
    world.hub.isolate(stopped);
    const startMs = world.clock.monotonicMs();
    const result = await world.run(exchangeOver(everyone).append(entriesOf(world.device(), 1)));
    expect(world.clock.monotonicMs() - startMs).toBeLessThan(21_000);
    expect(result.accepted.length).toBe(2);
    expect(result.failed.map(({ peer }) => peer).sort()).toEqual([dead, stopped].sort());
  });

  test('is refused by holders when the entries fork the log', async () => {
    const exchange = exchangeOver(everyone);
    await world.run(exchange.append(entriesOf(world.device(), 2)));
    const result = await world.run(exchange.append(entriesOf(world.device(), 2)));
    expect([result.accepted.length, result.failed.length]).toEqual([0, 4]);
  });
});

describe('heads', () => {
  test('lists every reachable holder, and waits only once for one that stalls', async () => {
    const exchange = exchangeOver(everyone);
    await world.run(exchange.append(entriesOf(world.device(), 2)));
    world.hub.isolate(world.peers[1]?.name ?? '');
    const times: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      const startMs = world.clock.monotonicMs();
      const heads = await world.run(exchange.heads());
      expect(heads.map(({ heads: [head] }) => head?.next)).toEqual([2, 2, 2]);
      times.push(world.clock.monotonicMs() - startMs);
    }
    expect(times[0]).toBeLessThan(6_000);
    expect((times[1] ?? 0) + (times[2] ?? 0)).toBeLessThan(1_000);
  });

  test('says too-few-peers when no holder is known, unavailable when none answers', async () => {
    await expect(world.run(exchangeOver(() => []).heads())).rejects.toMatchObject({ code: 'too-few-peers' });
    for (const { name } of world.peers) world.kill(name);
    await world.clock.advance(100);
    await expect(world.run(exchangeOver(everyone).heads())).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('read', () => {
  test('returns the asked range, in order, from holders that have different parts', async () => {
    const device = world.device();
    const entries = entriesOf(device, 8);
    for (const [index, count] of [3, 8, 0, 5].entries()) {
      for (const entry of entries.slice(0, count)) {
        await world.holding(world.peers[index]?.name ?? '').logs.append(entry);
      }
    }
    const exchange = exchangeOver(everyone);
    expect(await readAll(exchange, device.key.publicKey, 2, 7)).toEqual(entries.slice(2, 7));
    expect(await readAll(exchange, device.key.publicKey, 0, 99)).toEqual(entries);
    expect(await readAll(exchange, world.device('other').key.publicKey, 0, 5)).toEqual([]);
  });

  test('leaves a holder that forges entries or dies in the middle for an honest one', async () => {
    const device = world.device();
    const entries = entriesOf(device, 5);
    await world.run(exchangeOver(everyone).append(entries));
    const forged = entries.map((entry, index) =>
      index < 2 ? entry : entry.map((byte, at) => (at === 200 ? byte ^ 1 : byte)),
    );
    const honest = remote(world.peers[1]?.name ?? '');
    const liar: LogHolder = Object.assign(Object.create(remote(world.peers[0]?.name ?? '')), {
      peer: world.peers[0]?.name,
      logHeads: async () => [{ device: device.key.publicKey, next: 99, hash: new Uint8Array(32) }],
      logRead: async (_: Uint8Array, from: number) => forged.slice(from),
    });
    const exchange = exchangeOver(() => [liar, honest]);
    await world.run(exchange.heads());
    expect(await readAll(exchange, device.key.publicKey, 0, 5)).toEqual(entries);
  });
});

describe('holder table', () => {
  const table = (version: number, copies = 3): Uint8Array =>
    encodeHolderTable({ vault: world.vault, version, copies, members: world.members() }, (message) =>
      sign(world.vaultKey.privateKey, message),
    );

  test('is written to all, and read as the newest that any holder shows (P3)', async () => {
    const exchange = exchangeOver(everyone);
    expect(await world.run(exchange.readTable())).toBeUndefined();
    expect((await world.run(exchange.writeTable(table(1)))).length).toBe(4);
    const one = exchangeOver(() => everyone().slice(2, 3));
    expect((await world.run(one.writeTable(table(2)))).length).toBe(1);
    expect(await world.run(exchange.readTable())).toEqual(table(2));
    expect((await world.run(exchange.writeTable(table(1)))).length).toBe(3);
  });

  test('ignores tables that the vault did not sign', async () => {
    const good = table(1);
    await world.run(exchangeOver(everyone).writeTable(good));
    const forged = encodeHolderTable({ vault: world.vault, version: 9, copies: 1, members: [] }, (message) =>
      sign(world.device().key.privateKey, message),
    );
    const liar: LogHolder = Object.assign(Object.create(remote(world.peers[0]?.name ?? '')), {
      peer: world.peers[0]?.name,
      tableRead: async () => forged,
    });
    const exchange = exchangeOver(() => [liar, ...everyone().slice(1)]);
    expect(await world.run(exchange.readTable())).toEqual(good);
  });
});

test('hears of recruits from whoever tells; who refuses or sends no list changes nothing (R2)', async () => {
  const told = world.random.bytes(40);
  const [first, second, third, fourth] = everyone().map((holder) => holder.peer);
  const saying = (peer: PeerName | undefined, members: LogHolder['members']): LogHolder =>
    Object.assign(Object.create(remote(peer ?? '')), { peer, members });
  const garbled = saying(second, () => Promise.reject(new VaultError('corrupt', 'no list')));
  const honest = [third, fourth].map((peer) =>
    saying(peer, async () => ({ table: undefined, recruits: [told] })),
  );
  const refusing = remote(first ?? ''); // it has no upkeep, so it answers 'denied'
  const exchange = exchangeOver(() => [refusing, garbled, ...honest]);
  expect(await world.run(exchange.readRecruits())).toEqual([told, told]);
  const alone = exchangeOver(() => [refusing, garbled]);
  await expect(world.run(alone.readRecruits())).rejects.toMatchObject({ code: 'unavailable' });
});
