/** What readers make of the logs of devices with fewer rights, whoever passes them on: nothing taken away, nothing believed too much (L4). */
import { describe, expect, it, onTestFinished } from 'vitest';
import { sealChunk } from '../../src/crypto/chunk-cipher.ts';
import { sign } from '../../src/crypto/ed25519.ts';
import {
  contentKeysOf,
  deriveVaultKeys,
  type LogKeys,
  scopeSecret,
  type VaultKeys,
} from '../../src/crypto/vault-keys.ts';
import { type Announcement, encodeAnnouncement } from '../../src/format/announcement.ts';
import { ChunkKind } from '../../src/format/kinds.ts';
import { encodeLogEntry, entryHash, type LogEntry } from '../../src/format/log-entry.ts';
import { encodeSnapshot, type Snapshot, snapshotId } from '../../src/format/snapshot.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { keyOf } from '../../src/model/ids.ts';
import { commitLog, introduceDevice } from '../../src/vault/commit-log.ts';
import { createDevice, type Restriction, type VaultDevice } from '../../src/vault/device.ts';
import { type SyncResult, syncLog } from '../../src/vault/sync-log.ts';
import { VaultState } from '../../src/vault/vault-state.ts';
import { MemoryExchange } from './memory-exchange.ts';

const OWNER = deriveVaultKeys(new Uint8Array(32).fill(3));
const SCOPE = new Uint8Array(16).fill(9);
const SCOPED: VaultKeys = { vault: OWNER.vault, ...contentKeysOf(scopeSecret(OWNER, SCOPE), SCOPE) };
const digest = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const ADDS = [{ digest: digest(50), size: 100 }];

class Machine {
  readonly device: VaultDevice;
  readonly state: VaultState;
  readonly keys: VaultKeys | LogKeys;
  readonly exchange: MemoryExchange;

  constructor(number: number, exchange: MemoryExchange, restriction: Restriction = {}) {
    this.device = createDevice(OWNER, `device-${number}`, digest(number), 1, restriction);
    const keeper = { vault: OWNER.vault };
    this.keys = restriction.role === undefined ? OWNER : restriction.role === 'keeper' ? keeper : SCOPED;
    this.exchange = exchange;
    const { scope } = restriction;
    this.state = VaultState.open(':memory:', {
      vault: OWNER.vault,
      device: this.device.id,
      ...(scope ? { scope } : {}),
    });
    onTestFinished(() => this.state.close());
  }

  sync(): Promise<SyncResult> {
    return syncLog({ state: this.state, keys: this.keys, exchange: this.exchange });
  }

  commit(announcement: Announcement): Promise<unknown> {
    const { state, device, exchange } = this;
    return commitLog({ state, keys: this.keys as VaultKeys, device, exchange, announcement });
  }

  /** Any entry that its keys can sign goes to holders that check nothing. */
  async smuggle(body: Partial<LogEntry>): Promise<void> {
    const { device, exchange, state } = this;
    const log = state.logs.device(device.id);
    const place = log ? { previous: log.hash } : { certificate: device.certificate };
    const entry = {
      vault: OWNER.vault,
      device: device.id,
      sequence: log?.next ?? 0,
      adds: [],
      drops: [],
      ...place,
      ...body,
    };
    const bytes = encodeLogEntry(entry, (message) => sign(device.privateKey, message));
    await exchange.append([bytes]);
    state.logs.store({ entry, bytes, hash: entryHash(bytes) }, device.name);
  }

  ids(): string[] {
    return this.state.snapshots().map(({ id }) => id);
  }
}

function snapshotOf(time: number, device: VaultDevice): Snapshot {
  const stats = { files: 1, directories: 0, links: 0, bytes: 10 };
  const said = { time, host: 'h', user: 'u', paths: [utf8('/x')], tags: [], root: [], stats, program: 't' };
  return { ...said, device: device.id };
}

const idOf = (snapshot: Snapshot): string => snapshotId(encodeSnapshot(snapshot));
const sealed = (keys: VaultKeys, announcement: Announcement): Uint8Array =>
  sealChunk(keys, ChunkKind.announcement, encodeAnnouncement(announcement)).bytes;

/** An owner with one snapshot, and an append-only device that knows of it. */
async function pair(): Promise<{ owner: Machine; web: Machine; mine: Snapshot }> {
  const exchange = new MemoryExchange('a', 'b');
  const owner = new Machine(1, exchange);
  const web = new Machine(2, exchange, { role: 'append-only', scope: SCOPE });
  const mine = snapshotOf(10, owner.device);
  await owner.commit({ snapshot: mine, index: [], forgets: [] });
  return { owner, web, mine };
}

describe('the log of an append-only device', () => {
  it('forgets nothing, neither of others nor of its own', async () => {
    const { owner, web, mine } = await pair();
    const its = snapshotOf(20, web.device);
    await web.commit({ snapshot: its, index: [], forgets: [] });
    const forgets = [idOf(mine), idOf(its)];
    await web.smuggle({ announcement: sealed(SCOPED, { index: [], forgets }) });
    const { problems } = await owner.sync();
    expect(problems).toEqual([]);
    expect(owner.ids()).toEqual([idOf(mine), idOf(its)]);
    expect(owner.state.forgotten()).toEqual([]);
  });

  it('leaves a snapshot that no holder took to the owner to forget, when its chunks are gone', async () => {
    const { owner, web } = await pair();
    const [lost, next] = [snapshotOf(20, web.device), snapshotOf(21, web.device)];
    await web.sync();
    const chunk = { digest: digest(70), kind: ChunkKind.content, blobs: [] };
    web.state.chunks.beginRun();
    web.state.chunks.addPending(chunk, 100, 1);
    for (const holder of web.exchange.holders) holder.refuses = true;
    const refused = web.commit({ snapshot: lost, index: [], forgets: [] });
    await expect(refused).rejects.toMatchObject({ code: 'too-few-peers' });
    web.state.chunks.dropPending(chunk.digest);
    for (const holder of web.exchange.holders) holder.refuses = false;
    await web.commit({ snapshot: next, index: [], forgets: [] });
    await owner.sync();
    expect(owner.ids()).toEqual(expect.arrayContaining([idOf(lost), idOf(next)]));
    await owner.commit({ index: [], forgets: [idOf(lost)] });
    expect(owner.ids()).not.toContain(idOf(lost));
  });

  it('cannot announce a snapshot as if another device had made it', async () => {
    const { owner, web, mine } = await pair();
    const false1 = snapshotOf(30, owner.device);
    await web.smuggle({ announcement: sealed(SCOPED, { snapshot: false1, index: [], forgets: [] }) });
    const fresh = new Machine(3, owner.exchange);
    const { problems } = await fresh.sync();
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('announces a snapshot of another device') as string,
    ]);
    expect(fresh.ids()).toEqual([idOf(mine)]);
  });

  it('shows the owner its snapshots, with their scope, and another of its scope its indexes', async () => {
    const { owner, web, mine } = await pair();
    const its = snapshotOf(20, web.device);
    await web.commit({ snapshot: its, index: [digest(60)], forgets: [] });
    await owner.sync();
    expect(owner.state.snapshots().map(({ scope }) => scope && keyOf(scope))).toEqual([
      undefined,
      keyOf(SCOPE),
    ]);
    expect(owner.state.logs.unloadedIndexes()).toEqual([]);
    const next = new Machine(4, owner.exchange, { role: 'append-only', scope: SCOPE });
    const { problems } = await next.sync();
    expect(problems).toEqual([]);
    expect(next.ids()).toEqual([idOf(its)]);
    expect(next.state.logs.unloadedIndexes()).toEqual([digest(60)]);
    expect(next.ids()).not.toContain(idOf(mine));
  });

  it('counts what it adds, and sees what others add without seeing what it is', async () => {
    const { owner, web } = await pair();
    await owner.smuggle({ adds: ADDS });
    await web.smuggle({ adds: [{ digest: digest(51), size: 7 }] });
    await owner.sync();
    await web.sync();
    for (const { state } of [owner, web]) {
      expect([50, 51].map((n) => state.chunks.isLive(digest(n)))).toEqual([true, true]);
    }
    expect(web.state.logs.rightsOf(web.device.id)).toEqual({ role: 'append-only', scope: SCOPE });
    expect(web.state.logs.rightsOf(owner.device.id)).toEqual({ role: 'full' });
  });
});

describe('a keeper', () => {
  it('makes itself known by one empty entry, once', async () => {
    const { owner } = await pair();
    const keeper = new Machine(5, owner.exchange, { role: 'keeper' });
    const writer = {
      state: keeper.state,
      keys: keeper.keys,
      device: keeper.device,
      exchange: keeper.exchange,
    };
    await keeper.sync();
    await introduceDevice(writer);
    await introduceDevice(writer);
    await owner.sync();
    expect(owner.state.logs.device(keeper.device.id)).toMatchObject({ name: 'device-5', next: 1 });
    expect(keeper.ids()).toEqual([]);
    expect(keeper.state.chunks.usage()).toEqual(owner.state.chunks.usage());
  });

  it('whose log says more is not believed, also where holders took it', async () => {
    const { owner, mine } = await pair();
    const keeper = new Machine(5, owner.exchange, { role: 'keeper' });
    await keeper.smuggle({});
    await keeper.smuggle({ adds: ADDS });
    const { problems } = await owner.sync();
    expect(problems.map(({ code, message }) => [code, message])).toEqual([
      ['forgery', expect.stringContaining('exceeds its rights') as string],
      ['unavailable', expect.stringContaining('1 log entries') as string],
    ]);
    expect(owner.state.chunks.isLive(digest(50))).toBe(false);
    expect(owner.ids()).toEqual([idOf(mine)]);
  });
});
