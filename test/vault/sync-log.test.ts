/** The client's books against honest, forgetful and lying holders: nothing is missed, nothing hidden, nothing taken on trust (L1-L3). */
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sealChunk } from '../../src/crypto/chunk-cipher.ts';
import { sign } from '../../src/crypto/ed25519.ts';
import { deriveVaultKeys } from '../../src/crypto/vault-keys.ts';
import { encodeIndex } from '../../src/format/index-chunk.ts';
import { ChunkKind } from '../../src/format/kinds.ts';
import { encodeLogEntry } from '../../src/format/log-entry.ts';
import { encodeSnapshot, type Snapshot, snapshotId } from '../../src/format/snapshot.ts';
import { utf8 } from '../../src/model/bytes.ts';
import type { VaultError } from '../../src/model/errors.ts';
import { keyOf } from '../../src/model/ids.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { type CommitResult, commitLog, commitRetirement } from '../../src/vault/commit-log.ts';
import { createDevice, type VaultDevice } from '../../src/vault/device.ts';
import { type SyncOptions, type SyncResult, syncLog } from '../../src/vault/sync-log.ts';
import { VaultState } from '../../src/vault/vault-state.ts';
import { temporaryFolder } from '../backup/temporary-folder.ts';
import { MemoryExchange } from './memory-exchange.ts';

const KEYS = deriveVaultKeys(new Uint8Array(32).fill(3));
const digest = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const id = (n: number): Uint8Array => new Uint8Array(20).fill(n);

class Client {
  readonly device: VaultDevice;
  readonly exchange: MemoryExchange;
  readonly state: VaultState;
  constructor(number: number, exchange: MemoryExchange, path = ':memory:') {
    this.device = createDevice(KEYS, `device-${number}`, digest(number), 1);
    this.exchange = exchange;
    this.state = VaultState.open(path, { vault: KEYS.vault, device: this.device.id });
    onTestFinished(() => this.state.close());
  }
  sync(more: Partial<SyncOptions> = {}): Promise<SyncResult> {
    return syncLog({ state: this.state, keys: KEYS, exchange: this.exchange, ...more });
  }
  /** Commits one sent chunk that carries one blob, and a snapshot of that number. */
  commit(number: number, index: readonly Uint8Array[] = []): Promise<CommitResult> {
    const chunk = {
      digest: digest(number),
      kind: ChunkKind.content,
      blobs: [{ id: id(number), length: 10 }],
    };
    this.state.chunks.beginRun();
    this.state.chunks.addPending(chunk, 100, 2);
    for (const one of index)
      this.state.chunks.addPending({ digest: one, kind: ChunkKind.index, blobs: [] }, 100, 2);
    this.state.chunks.markIndexed([chunk.digest]);
    const announcement = { snapshot: snapshotOf(number, this.device), index, forgets: [] };
    return commitLog({
      state: this.state,
      keys: KEYS,
      device: this.device,
      exchange: this.exchange,
      announcement,
    });
  }
  times(): number[] {
    return this.state.snapshots().map((record) => record.snapshot.time);
  }
}

function snapshotOf(time: number, device: VaultDevice): Snapshot {
  const stats = { files: 1, directories: 0, links: 0, bytes: 10 };
  return {
    time,
    host: 'h',
    user: 'u',
    paths: [utf8('/x')],
    tags: [],
    root: [],
    stats,
    device: device.id,
    program: 't',
  };
}

const holderOf = (exchange: MemoryExchange, at: number): MemoryExchange['holders'][number] => {
  const holder = exchange.holders[at];
  if (!holder) throw new Error('no such holder');
  return holder;
};

describe('logs of several devices', () => {
  it('are read as one: a new machine sees every snapshot and live chunk (L1)', async () => {
    const exchange = new MemoryExchange('a', 'b');
    const [one, two] = [new Client(1, exchange), new Client(2, exchange)];
    await one.commit(10);
    await two.commit(20);
    await one.commit(11);
    const fresh = new Client(3, exchange);
    expect(await fresh.sync()).toMatchObject({ entries: 3, problems: [], holders: ['a', 'b'] });
    expect(fresh.times()).toEqual([10, 11, 20]);
    expect([10, 11, 20].every((n) => fresh.state.chunks.isLive(digest(n)))).toBe(true);
    expect(fresh.state.chunks.isMine(digest(10))).toBe(false);
    expect(await fresh.sync()).toMatchObject({ entries: 0 });
  });

  it('reach holders that were away (L3)', async () => {
    const exchange = new MemoryExchange('a', 'b');
    const client = new Client(1, exchange);
    holderOf(exchange, 1).away = true;
    expect((await client.commit(10)).holders).toEqual(['a']);
    holderOf(exchange, 1).away = false;
    await client.sync({ spread: true });
    holderOf(exchange, 0).away = true;
    const fresh = new Client(2, exchange);
    await fresh.sync();
    expect(fresh.times()).toEqual([10]);
  });

  it('are not hidden by one holder that keeps the newest entry back (L3)', async () => {
    const exchange = new MemoryExchange('liar', 'honest');
    const client = new Client(1, exchange);
    await client.commit(10);
    await client.commit(11);
    holderOf(exchange, 0).logs.get(keyOf(client.device.id))?.entries.pop();
    const fresh = new Client(2, exchange);
    await fresh.sync();
    expect(fresh.times()).toEqual([10, 11]);
    expect(await client.sync()).toMatchObject({ problems: [] });
  });

  it('forget snapshots that any device forgot, in whatever order that is read', async () => {
    const exchange = new MemoryExchange('a');
    const [one, two] = [new Client(1, exchange), new Client(2, exchange)];
    await two.commit(20);
    const forgets = [snapshotId(encodeSnapshot(snapshotOf(20, two.device)))];
    await one.sync();
    const { state, device } = one;
    await commitLog({ state, keys: KEYS, device, exchange, announcement: { index: [], forgets } });
    const fresh = new Client(3, exchange);
    await fresh.sync();
    expect([one.times(), fresh.times()]).toEqual([[], []]);
  });
});

describe('alarms', () => {
  it('raises "rollback" when all holders show less than was seen, and heals them when told to go on (L3)', async () => {
    const exchange = new MemoryExchange('a', 'b');
    const client = new Client(1, exchange);
    await client.commit(10);
    await client.commit(11);
    for (const { logs } of exchange.holders) logs.get(keyOf(client.device.id))?.entries.pop();
    await expect(client.sync()).rejects.toMatchObject({ code: 'rollback' });
    const alarms: VaultError[] = [];
    await client.sync({ spread: true, onAlarm: (alarm) => alarms.push(alarm) });
    expect(alarms.map((alarm) => alarm.code)).toEqual(['rollback']);
    expect(await client.sync()).toMatchObject({ problems: [] });
    expect(client.times()).toEqual([10, 11]);
  });

  it('raises "rollback" also for a retired device, of whose log the part that stands is hidden (L1, L3)', async () => {
    const exchange = new MemoryExchange('a', 'b');
    const [one, two] = [new Client(1, exchange), new Client(2, exchange)];
    await one.commit(10);
    await one.commit(11);
    await two.sync();
    const { state, device } = two;
    const log = state.logs.device(one.device.id);
    const retires = { device: one.device.id, next: 2, ...(log ? { hash: log.hash } : {}) };
    await commitRetirement({ state, keys: KEYS, device, exchange }, retires);
    expect(await two.sync()).toMatchObject({ problems: [] });
    for (const { logs } of exchange.holders) logs.get(keyOf(one.device.id))?.entries.pop();
    await expect(two.sync()).rejects.toMatchObject({ code: 'rollback', data: { shown: 1, remembered: 2 } });
  });

  it('raises "rollback" also when a holder boasts of entries it does not have', async () => {
    const exchange = new MemoryExchange('a');
    const client = new Client(1, exchange);
    await client.commit(10);
    await client.commit(11);
    holderOf(exchange, 0).logs.get(keyOf(client.device.id))?.entries.pop();
    exchange.heads = async () => [
      { peer: 'a', heads: [{ device: client.device.id, next: 1000, hash: digest(6) }] },
    ];
    await expect(client.sync()).rejects.toMatchObject({ code: 'rollback' });
  });

  it('raises "forgery" when a device key signed two entries with one number', async () => {
    const exchange = new MemoryExchange('a');
    const client = new Client(1, exchange);
    await client.commit(10);
    const other = new MemoryExchange('a');
    await new Client(1, other).commit(99);
    await expect(client.sync({ exchange: other })).rejects.toMatchObject({ code: 'forgery' });
    expect(client.times()).toEqual([10]);
  });

  it('takes a head that nobody can prove for a lie, and a device that the vault did not certify for none', async () => {
    const exchange = new MemoryExchange('liar', 'honest');
    const client = new Client(1, exchange);
    await client.commit(10);
    const heads = exchange.heads.bind(exchange);
    exchange.heads = async () =>
      (await heads()).map((shown) => ({
        ...shown,
        heads: shown.heads.map((head) => (shown.peer === 'liar' ? { ...head, hash: digest(66) } : head)),
      }));
    const result = await client.sync();
    expect(result.problems.map((problem) => problem.message)).toEqual([expect.stringContaining('liar')]);
    const foreign = deriveVaultKeys(digest(77));
    const stranger = createDevice(foreign, 'stranger', digest(78), 1);
    const entry = { vault: foreign.vault, device: stranger.id, sequence: 0, adds: [], drops: [] };
    const bytes = encodeLogEntry({ ...entry, certificate: stranger.certificate }, (m) =>
      sign(stranger.privateKey, m),
    );
    holderOf(exchange, 1).logs.set(keyOf(stranger.id), { device: stranger.id, entries: [bytes] });
    const fresh = new Client(2, exchange);
    const seen = await fresh.sync();
    expect(seen.problems.map((problem) => problem.code)).toContain('corrupt');
    expect(fresh.times()).toEqual([10]);
  });

  it('says "unavailable" when no holder answers', async () => {
    const exchange = new MemoryExchange('a');
    holderOf(exchange, 0).away = true;
    await expect(new Client(1, exchange).sync()).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('commits (L2)', () => {
  it('never sign two entries with one number, also when the holders’ answer was lost', async () => {
    const exchange = new MemoryExchange('a');
    const client = new Client(1, exchange);
    const append = exchange.append.bind(exchange);
    exchange.append = async (entries) => {
      await append(entries);
      return { accepted: [], failed: [] };
    };
    await expect(client.commit(10)).rejects.toMatchObject({ code: 'too-few-peers' });
    expect(client.times()).toEqual([]);
    exchange.append = append;
    await client.sync();
    expect(client.times()).toEqual([10]);
    await client.commit(11);
    expect(holderOf(exchange, 0).logs.get(keyOf(client.device.id))?.entries).toHaveLength(2);
  });

  it('pass on what no holder took, with the next entry', async () => {
    const exchange = new MemoryExchange('a');
    const client = new Client(1, exchange);
    holderOf(exchange, 0).refuses = true;
    await expect(client.commit(10)).rejects.toMatchObject({ code: 'too-few-peers' });
    holderOf(exchange, 0).refuses = false;
    await client.commit(11);
    expect(client.times()).toEqual([10, 11]);
  });

  it('split what one entry cannot carry; the last entry announces', async () => {
    const exchange = new MemoryExchange('a');
    const client = new Client(1, exchange);
    client.state.chunks.beginRun();
    for (let i = 0; i < 8200; i++) {
      const name = new Uint8Array(32);
      new DataView(name.buffer).setUint32(0, i);
      client.state.chunks.addPending({ digest: name, kind: ChunkKind.content, blobs: [] }, 100, 1);
    }
    const announcement = { snapshot: snapshotOf(5, client.device), index: [], forgets: [] };
    const { state, device } = client;
    const result = await commitLog({ state, device, exchange, keys: KEYS, announcement });
    expect(result).toMatchObject({ entries: 2, holders: ['a'] });
    expect(client.state.chunks.usage().chunks).toBe(8200);
    expect(client.state.chunks.chunksToAdd(10)).toEqual([]);
  });
});

describe('indexes (C3, C7)', () => {
  it('teach another device what the vault has; a damaged one is reported, skipped and tried again', async () => {
    const exchange = new MemoryExchange('a');
    const store = new MemoryStore('a');
    const client = new Client(1, exchange);
    const blobs = [{ id: id(10), length: 10 }];
    const index = encodeIndex([{ digest: digest(10), kind: ChunkKind.content, blobs }]);
    const good = sealChunk(KEYS, ChunkKind.index, index);
    const missing = sealChunk(KEYS, ChunkKind.index, encodeIndex([]));
    await store.put(good);
    await client.commit(10, [missing.digest, good.digest]);
    const fresh = new Client(2, exchange);
    const result = await fresh.sync({ reader: store });
    expect(result.problems.map((problem) => problem.code)).toEqual(['lost']);
    expect(fresh.state.chunks.lookup(ChunkKind.content, id(10))).toEqual({
      chunk: digest(10),
      offset: 0,
      length: 10,
    });
    await store.put(missing);
    expect((await fresh.sync({ reader: store })).problems).toEqual([]);
    expect(fresh.state.logs.unloadedIndexes()).toEqual([]);
  });

  it('never point to chunks that no log has added', () => {
    const client = new Client(1, new MemoryExchange('a'));
    client.state.chunks.addIndexed([
      { digest: digest(1), kind: ChunkKind.content, blobs: [{ id: id(1), length: 3 }] },
    ]);
    expect(client.state.chunks.reuse(ChunkKind.content, id(1))).toBeUndefined();
  });
});

describe('the file of the books', () => {
  it('belongs to one process at a time and to one vault', () => {
    const path = join(temporaryFolder(), 'deep', 'state.db');
    const exchange = new MemoryExchange('a');
    const client = new Client(1, exchange, path);
    expect(() => new Client(2, exchange, path)).toThrow(expect.objectContaining({ code: 'locked' }));
    client.state.close();
    const other = { vault: digest(9), device: client.device.id };
    expect(() => VaultState.open(path, other)).toThrow(expect.objectContaining({ code: 'corrupt' }));
    const again = VaultState.open(path, { vault: KEYS.vault, device: client.device.id });
    again.close();
  });
});
