/**
 * One vault, several devices that work at the same time, and holders with trash, all in memory. Every call to a holder waits for its
 * turn, which a seed gives out, so that operations interleave at every step and can be killed at each (L1, L4).
 */
import { join } from 'node:path';
import { runBackup } from '../../src/backup/backup.ts';
import { inlineCrew } from '../../src/backup/inline-crew.ts';
import { OpenedChunks } from '../../src/backup/opened-chunks.ts';
import { runPrune } from '../../src/backup/prune.ts';
import { Reach } from '../../src/backup/reach.ts';
import { replaceSnapshot } from '../../src/backup/replace-snapshot.ts';
import { retireDevice } from '../../src/backup/retire-device.ts';
import { SnapshotRewriter } from '../../src/backup/rewrite-snapshot.ts';
import { forgottenSnapshots, runUndelete } from '../../src/backup/undelete.ts';
import { announceForgets, beginUpkeep, type UpkeepOptions } from '../../src/backup/upkeep.ts';
import { deriveVaultKeys, type OwnerKeys } from '../../src/crypto/vault-keys.ts';
import type { Snapshot } from '../../src/format/snapshot.ts';
import { isVaultError } from '../../src/model/errors.ts';
import { type Digest, keyOf } from '../../src/model/ids.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { memorySource } from '../../src/simulation/memory-source.ts';
import { type MemoryNode, type MemoryTree, timestampOf } from '../../src/simulation/memory-tree.ts';
import type { ChunkStore, PutResult, SealedChunk } from '../../src/store/chunk-store.ts';
import type { LookupOptions } from '../../src/store/held-chunks.ts';
import { createDevice, type VaultDevice } from '../../src/vault/device.ts';
import type { SnapshotRecord } from '../../src/vault/log-books.ts';
import type { HolderHeads, LogExchange } from '../../src/vault/log-exchange.ts';
import { type SyncResult, syncLog } from '../../src/vault/sync-log.ts';
import { VaultState } from '../../src/vault/vault-state.ts';
import { MemoryExchange } from '../vault/memory-exchange.ts';
import { booksOf, type NaiveBooks } from './naive-books.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { TrashHolder } from './trash-holder.ts';

export const KEYS: OwnerKeys = deriveVaultKeys(new Uint8Array(32).fill(7));

/** What a person asks one device to do; numbers choose among what there is. */
export interface Wish {
  readonly device: number;
  readonly does: 'backup' | 'forget' | 'prune' | 'undelete' | 'retire' | 'tag' | 'rewrite';
  /** Which files there are, or which snapshot or device is meant. */
  readonly pick: number;
  /** The process is killed at its n-th call to a holder. */
  readonly killAt?: number | undefined;
}

class Killed extends Error {}

export const FILES = 8;

/** Calls that wait for their turn, and the seed that gives it to them. */
class Turns {
  readonly #waiting: (() => void)[] = [];
  #state: number;
  #running = 0;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  next(below: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * below);
  }

  async turn(): Promise<void> {
    if (this.#running === 0) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Runs all to their ends; `between` is called whenever nothing moves. */
  async run(works: readonly (() => Promise<void>)[], between: () => Promise<void>): Promise<void> {
    const ends = works.map((work) => {
      this.#running++;
      return work().finally(() => this.#running--);
    });
    while (this.#running > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      await between();
      const [resume] = this.#waiting.splice(this.next(this.#waiting.length), 1);
      resume?.();
    }
    await Promise.all(ends);
  }
}

/** Errors that a person would see, and that lose nothing. */
const HONEST = [
  'too-few-peers',
  'unavailable',
  'lost',
  'denied',
  'usage',
  'locked',
  'not-found',
  'rollback',
] as const;

export class UpkeepDevice {
  readonly device: VaultDevice;
  readonly #world: UpkeepWorld;
  readonly #path: string;
  state: VaultState;
  /** Snapshots that this device was told are safe. */
  readonly acknowledged: string[] = [];
  #killAt: number | undefined;

  constructor(world: UpkeepWorld, number: number) {
    this.#world = world;
    this.device = createDevice(KEYS, `device-${number}`, new Uint8Array(32).fill(number + 1), number);
    this.#path = join(world.folder, `state-${number}.db`);
    this.state = this.#open();
  }

  /** One process: it syncs, does what is wished, and ends, or is killed. */
  async run(wish: Wish): Promise<void> {
    this.#killAt = wish.killAt;
    try {
      await this.#do(wish);
    } catch (error) {
      if (!(error instanceof Killed) && !isVaultError(error, ...HONEST)) throw error;
    }
    this.#killAt = undefined;
    this.close();
    this.state = this.#open();
  }

  close(): void {
    this.state.close();
  }

  async #do({ does, pick }: Wish): Promise<void> {
    const upkeep = this.upkeep();
    await syncLog({ ...upkeep, spread: true });
    if (does === 'backup') return this.backup(pick);
    if (does === 'prune') return void (await runPrune(upkeep));
    if (does === 'forget') {
      const record = chosen(this.state.snapshots(), pick);
      if (!record) return;
      await beginUpkeep(upkeep);
      await announceForgets(upkeep, [record.id]);
    }
    if (does === 'tag') {
      const record = chosen(this.state.snapshots(), pick);
      if (!record) return;
      await beginUpkeep(upkeep);
      this.acknowledged.push(await replaceSnapshot(upkeep, record, [`tag-${pick % 3}`]));
    }
    if (does === 'rewrite') {
      const record = chosen(this.state.snapshots(), pick);
      if (record) await this.#rewrite(record, pick);
    }
    if (does === 'undelete') {
      const records = [chosen(forgottenSnapshots(this.state), pick)].filter((record) => record !== undefined);
      const isThere = (digests: readonly Digest[]): Promise<readonly boolean[]> =>
        this.#store().has(digests, { trash: true });
      const done = await runUndelete({ ...upkeep, records, isThere });
      for (const { id } of done) if (id !== undefined) this.acknowledged.push(id);
    }
    if (does === 'retire') {
      const { id } = (chosen(this.#world.devices, pick) ?? this).device;
      await retireDevice({ ...upkeep, target: id, sync: async () => void (await syncLog(upkeep)) });
    }
  }

  /** Without one file or one folder, with the old one beside it or in its place. */
  async #rewrite(record: SnapshotRecord, pick: number): Promise<void> {
    const excludes = [pick % 5 === 0 ? '/data/a' : String(pick % FILES)];
    const rewriter = new SnapshotRewriter({
      ...this.upkeep(),
      store: this.#store(),
      clock: this.#world.clock,
      copies: 3,
      wish: { excludes, forget: pick % 2 === 0, dryRun: false },
    });
    await rewriter.plan(record);
    await rewriter.begin();
    const done = await rewriter.rewrite(record);
    if (done?.id !== undefined) this.acknowledged.push(done.id);
  }

  /** Without looking for news first. */
  async backup(pick: number): Promise<void> {
    const { snapshotId } = await runBackup({
      ...this.upkeep(),
      store: this.#store(),
      crew: inlineCrew,
      source: memorySource(filesOf(pick)),
      clock: this.#world.clock,
      paths: ['/data'],
      host: this.device.name,
      user: 'tester',
      program: 'test',
      bundleBytes: this.#world.bundleBytes,
    });
    this.acknowledged.push(snapshotId);
  }

  /** What the engines are told, outside of a `Round`: nobody else moves then. */
  upkeep(): UpkeepOptions {
    return {
      state: this.state,
      keys: KEYS,
      device: this.device,
      exchange: this.#exchange(),
      reader: this.#store(),
    };
  }

  /** `backwards`: the logs of devices in the opposite order. */
  sync(backwards = false): Promise<SyncResult> {
    const upkeep = this.upkeep();
    const heads = async (): Promise<readonly HolderHeads[]> =>
      (await upkeep.exchange.heads()).map((shown) => ({ ...shown, heads: shown.heads.toReversed() }));
    const exchange = backwards ? { ...upkeep.exchange, heads } : upkeep.exchange;
    return syncLog({ ...upkeep, exchange, spread: true });
  }

  async #turn(): Promise<void> {
    if (this.#killAt !== undefined && this.#killAt-- <= 0) throw new Killed();
    await this.#world.turns.turn();
  }

  #store(): ChunkStore & { has(digests: readonly Digest[], options?: LookupOptions): Promise<boolean[]> } {
    const holders = (): readonly TrashHolder[] => this.#world.holders.filter((holder) => !holder.away);
    return {
      put: async (chunk: SealedChunk): Promise<PutResult> => {
        const took: string[] = [];
        for (const holder of holders()) {
          await this.#turn();
          holder.put(chunk);
          took.push(holder.peer);
        }
        return { holders: took };
      },
      get: async (digest) => {
        await this.#turn();
        return holders()
          .map((holder) => holder.get(digest))
          .find((bytes) => bytes !== undefined);
      },
      has: async (digests, options?: LookupOptions) => {
        await this.#turn();
        return digests.map((digest) =>
          holders()
            .map((holder) => holder.has(digest, options?.trash))
            .includes(true),
        );
      },
    };
  }

  #exchange(): LogExchange {
    const turn = (): Promise<void> => this.#turn();
    const { exchange } = this.#world;
    return {
      heads: async () => {
        await turn();
        return exchange.heads();
      },
      async *read(device, from, to) {
        await turn();
        yield* exchange.read(device, from, to);
      },
      append: async (entries) => {
        const accepted: string[] = [];
        const failed: { peer: string; error: Error }[] = [];
        for (const holder of this.#world.holders.filter(({ away }) => !away)) {
          await turn();
          const error = holder.take(entries, this.#world.holders);
          if (error) failed.push({ peer: holder.peer, error });
          else accepted.push(holder.peer);
        }
        return { accepted, failed };
      },
      readTable: async () => undefined,
      writeTable: async () => [],
    };
  }

  #open(): VaultState {
    return VaultState.open(this.#path, { vault: KEYS.vault, device: this.device.id });
  }
}

function chosen<T>(list: readonly T[], pick: number): T | undefined {
  return list[pick % Math.max(1, list.length)];
}

/** Files by the bits of `pick`: every device has the same ones to choose from, so that they share content. */
function filesOf(pick: number): MemoryTree {
  const folder = { type: 'directory', mode: 0o755, mtime: timestampOf(1_000), inode: 1n } as const;
  const tree = new Map<string, MemoryNode>([
    ['/', folder],
    ['/data', folder],
    ['/data/a', { ...folder, inode: 2n }],
    ['/data/b', { ...folder, inode: 3n }],
  ]);
  for (let file = 0; file < FILES; file++) {
    if ((pick & (1 << file)) === 0) continue;
    const bytes = new Uint8Array(Buffer.from(`the content of file ${file} is like no other `.repeat(2)));
    const path = `/data/${file % 2 === 0 ? 'a' : 'b'}/${file}`;
    tree.set(path, { type: 'file', bytes, mode: 0o644, mtime: timestampOf(2_000), inode: BigInt(10 + file) });
  }
  return tree;
}

/** What happens in one stretch of time: wishes of different devices run at once. */
export interface Round {
  readonly wishes: readonly Wish[];
  readonly seed: number;
  /** Holders change between being there and away at about one of so many steps; 0: never. */
  readonly unrest: number;
  /** Afterwards so much time passes: trash and what was never committed goes. */
  readonly ticks: number;
}

export class UpkeepWorld {
  readonly folder: string = temporaryFolder();
  readonly holders: readonly TrashHolder[] = ['h1', 'h2', 'h3'].map((peer) => new TrashHolder(peer));
  readonly exchange: MemoryExchange = new MemoryExchange(...this.holders);
  readonly devices: readonly UpkeepDevice[];
  readonly clock: Clock;
  turns: Turns = new Turns(0);
  /** Of backups to come; files have 86 bytes. */
  bundleBytes = 64;
  /** Ids of snapshots that were never whole. */
  readonly stillborn: Set<string> = new Set();
  readonly #reaches = new Map<string, readonly string[]>();
  #logsSeen = '';

  constructor(devices: number) {
    let nowMs = 1_000_000;
    this.clock = {
      now: () => nowMs++, // no two snapshots of one moment
      monotonicMs: () => 0,
      sleep: async () => undefined,
      schedule: () => () => undefined,
      yield: async () => undefined,
    };
    this.devices = Array.from({ length: devices }, (_, number) => new UpkeepDevice(this, number));
  }

  async play({ wishes, seed, unrest, ticks }: Round): Promise<void> {
    this.turns = new Turns(seed);
    const works = wishes.map((wish) => () => (this.devices[wish.device] ?? never()).run(wish));
    await this.turns.run(works, async () => {
      if (unrest > 0 && this.turns.next(unrest) === 0) this.#swap();
      await this.check();
    });
    for (let tick = 0; tick < ticks; tick++) this.#tick();
    await this.check();
  }

  /** All come back, everybody prunes, and time passes: only what is needed is left. */
  async settle(): Promise<void> {
    for (const holder of this.holders) holder.away = false;
    this.#tick();
    for (const [device] of this.devices.entries()) {
      await this.play({ wishes: [{ device, does: 'prune', pick: 0 }], seed: 1, unrest: 0, ticks: 0 });
    }
    for (let tick = 0; tick < 4; tick++) this.#tick();
    await this.check();
  }

  /** The books of every device, and of two that read everything for the first time, in opposite order, say what the logs say. */
  async compareBooks(): Promise<void> {
    const fresh = [1, 2].map((more) => new UpkeepDevice(this, this.devices.length + more));
    const { live, snapshots } = this.books;
    for (const device of [...this.devices, ...fresh]) {
      await device.sync(device === fresh[0]);
      const said = [...device.state.chunks.live()].map(({ digest }) => keyOf(digest));
      const ids = device.state.snapshots().map(({ id }) => id);
      const wrong = `the books of ${device.device.name} differ from the logs`;
      if (said.toSorted().join() !== [...live].sort().join()) throw new Error(`${wrong} in what lives`);
      if (ids.toSorted().join() !== [...snapshots.keys()].sort().join())
        throw new Error(`${wrong} in snapshots`);
    }
    for (const device of fresh) device.close();
  }

  close(): void {
    for (const device of this.devices) device.close();
  }

  /** No live snapshot lacks a chunk: by the rule of the union on every holder and in all logs together, and in fact (L1). */
  async check(): Promise<void> {
    const seen = this.holders.map((holder) => holder.version).join();
    if (seen === this.#logsSeen) return;
    this.#logsSeen = seen;
    const together = booksOf(this.#longest());
    for (const [id, snapshot] of together.snapshots) await this.#meet(id, snapshot);
    for (const { name, books } of [
      { name: 'all logs', books: together },
      ...this.holders.map((holder) => ({ name: holder.peer, books: holder.books })),
    ]) {
      for (const [id, chunk] of this.#needs(books)) {
        if (!books.live.has(chunk))
          throw new Error(`${name}: chunk ${chunk} of live snapshot ${id} is not live`);
      }
    }
    for (const [id, chunk] of this.#needs(together)) {
      if (!this.holders.some((holder) => holder.keeps(chunk)))
        throw new Error(`chunk ${chunk} of ${id} is gone`);
    }
    for (const id of this.devices.flatMap(({ acknowledged }) => acknowledged)) {
      if (!together.announced.has(id))
        throw new Error(`snapshot ${id} was acknowledged and nobody knows of it`);
      if (this.stillborn.has(id)) throw new Error(`snapshot ${id} was acknowledged and never whole`);
    }
  }

  *#needs(books: NaiveBooks): Generator<readonly [id: string, chunk: string]> {
    for (const id of books.snapshots.keys()) {
      for (const chunk of this.#reaches.get(id) ?? []) yield [id, chunk];
    }
  }

  /**
   * What a new snapshot needs. One that was signed, that nobody took, and whose chunks expired is passed on with an entry that forgets
   * it (L2): for a moment, or until its device comes back, it is there without being whole. Nobody was told that it is safe.
   */
  async #meet(id: string, snapshot: Snapshot): Promise<void> {
    if (this.#reaches.has(id) || this.stillborn.has(id)) return;
    const get = async (digest: Digest): Promise<Uint8Array | undefined> =>
      this.holders.map((holder) => holder.get(digest)).find((bytes) => bytes !== undefined);
    const reach = new Reach(new OpenedChunks({ get }, KEYS));
    let whole = true;
    await reach.add(snapshot.root, () => {
      whole = false;
    });
    const found = Array.from({ length: reach.chunks.size }, (_, number) => keyOf(reach.chunks.at(number)));
    if (whole && found.every((chunk) => this.holders.some((holder) => holder.keeps(chunk)))) {
      this.#reaches.set(id, found);
    } else this.stillborn.add(id);
  }

  /** Any holder that is there, its trash too. */
  readonly isThere = async (digests: readonly Digest[]): Promise<readonly boolean[]> => {
    const here = this.holders.filter(({ away }) => !away);
    return digests.map((digest) => here.some((holder) => holder.has(digest, true)));
  };

  /** Chunks of a snapshot that `check` has met, its contents last. */
  async chunksOf(id: string): Promise<readonly Digest[]> {
    await this.check();
    return (this.#reaches.get(id) ?? []).map((chunk) => new Uint8Array(Buffer.from(chunk, 'hex')));
  }

  get books(): NaiveBooks {
    return booksOf(this.#longest());
  }

  #longest(): readonly (readonly Uint8Array[])[] {
    const longest = new Map<string, readonly Uint8Array[]>();
    for (const { logs } of this.holders) {
      for (const [device, { entries }] of logs) {
        if (entries.length > (longest.get(device)?.length ?? 0)) longest.set(device, entries);
      }
    }
    return [...longest.values()];
  }

  /** One holder goes or comes back; one is always there. */
  #swap(): void {
    const holder = this.holders[this.turns.next(this.holders.length)];
    if (!holder) return;
    const others = this.holders.filter((other) => other !== holder);
    holder.away = !holder.away && others.some(({ away }) => !away);
  }

  /** Those that are there pass on logs and copies, as holders do, and then a week passes; who has met nobody lets nothing go. */
  #tick(): void {
    const here = this.holders.filter(({ away }) => !away);
    for (const holder of here) holder.learn(here);
    for (const holder of here) holder.fetch(here);
    for (const holder of here) holder.weekPasses();
  }
}

function never(): never {
  throw new Error('no such device');
}
