/** Snapshots of one vault in another with other keys: the same files with all that belongs to them, sent once, whole or not there (C3, C6, L2). */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runBackup } from '../../src/backup/backup.ts';
import { contentRefs } from '../../src/backup/content-refs.ts';
import { CopiedBefore } from '../../src/backup/copied-before.ts';
import { type CopiedSnapshot, type EarlierCopy, SnapshotCopier } from '../../src/backup/copy-snapshot.ts';
import { inlineCrew } from '../../src/backup/inline-crew.ts';
import { nativeXattrs } from '../../src/backup/native-xattrs.ts';
import { nodeFileSource } from '../../src/backup/node-file-source.ts';
import { OpenedChunks } from '../../src/backup/opened-chunks.ts';
import { runPrune } from '../../src/backup/prune.ts';
import { TreeReader } from '../../src/backup/tree-reader.ts';
import { announceForgets, beginUpkeep, type UpkeepOptions } from '../../src/backup/upkeep.ts';
import { deriveVaultKeys, type OwnerKeys } from '../../src/crypto/vault-keys.ts';
import { ChunkKind } from '../../src/format/kinds.ts';
import type { Snapshot } from '../../src/format/snapshot.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { isVaultError, VaultError } from '../../src/model/errors.ts';
import { type Digest, keyOf } from '../../src/model/ids.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { createDevice } from '../../src/vault/device.ts';
import type { SnapshotRecord } from '../../src/vault/log-books.ts';
import { syncLog } from '../../src/vault/sync-log.ts';
import { VaultState } from '../../src/vault/vault-state.ts';
import { type Device, KEYS, Rehearsal } from './rehearsal.ts';
import { temporaryFolder } from './temporary-folder.ts';

const OTHER: OwnerKeys = deriveVaultKeys(new Uint8Array(32).fill(9));
const MANY = 1500;

/** The vault that is copied into, on holders of its own. */
class Target {
  readonly mesh: Rehearsal = new Rehearsal();
  readonly device = createDevice(OTHER, 'target', new Uint8Array(32).fill(3), 1_000);
  readonly #path = join(temporaryFolder(), 'state.db');
  state: VaultState = this.#open();

  constructor() {
    onTestFinished(() => this.state.close());
  }

  /** As if the process had died. */
  restart(): void {
    this.state.close();
    this.state = this.#open();
  }

  upkeep(): UpkeepOptions {
    const { state, device, mesh } = this;
    return { state, keys: OTHER, device, exchange: mesh.exchange, reader: mesh.store };
  }

  async copier(source: Device): Promise<SnapshotCopier> {
    const upkeep = this.upkeep();
    if (this.state.logs.devices().length > 0) await syncLog({ ...upkeep, spread: true });
    const { store } = this.mesh;
    const crew = inlineCrew(nodeFileSource(), OTHER, { bundleBytes: 2 ** 21 });
    const reader = source.mesh.store;
    const copier = new SnapshotCopier({
      ...upkeep,
      source: { reader, keys: KEYS },
      store,
      clock: systemClock,
      crew,
    });
    await copier.begin();
    return copier;
  }

  async copy(source: Device, twin?: EarlierCopy): Promise<(CopiedSnapshot | { unreadable: VaultError })[]> {
    const copier = await this.copier(source);
    const done: (CopiedSnapshot | { unreadable: VaultError })[] = [];
    for (const record of source.state.snapshots()) {
      if (record.id !== twin?.from.id) done.push(await copier.copy(record, { twin }));
    }
    return done;
  }

  async backup(path: string): Promise<void> {
    await syncLog({ ...this.upkeep(), spread: true });
    await runBackup({
      ...this.upkeep(),
      store: this.mesh.store,
      crew: inlineCrew,
      source: nodeFileSource(),
      clock: systemClock,
      paths: [path],
      host: 'laptop',
      user: 'tester',
      program: 'test',
    });
  }

  #open(): VaultState {
    return VaultState.open(this.#path, { vault: OTHER.vault, device: this.device.id });
  }
}

/** Bytes that look like nothing else, the same in every run. */
function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed | 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

function sourceFolder(): string {
  const source = temporaryFolder();
  const at = (...names: string[]): string => join(source, ...names);
  for (const folder of ['deep/er/still', 'empty', 'many']) fs.mkdirSync(at(folder), { recursive: true });
  for (let i = 0; i < MANY; i++) fs.writeFileSync(at('many', `file-${i}`), `content ${i % 700}`);
  fs.writeFileSync(at('large'), noise(5_000_000, 1));
  fs.linkSync(at('large'), at('deep', 'same'));
  fs.writeFileSync(at('middle'), noise(200_000, 2));
  fs.writeFileSync(at('just-large'), noise(256 * 1024, 3));
  fs.writeFileSync(at('nothing'), '');
  fs.writeFileSync(Buffer.concat([Buffer.from(`${source}/raw-`), Buffer.from([0xff, 0x0a, 0x1b])]), 'raw');
  fs.writeFileSync(at('holes'), '');
  fs.truncateSync(at('holes'), 9_000_000);
  fs.symlinkSync('../large', at('deep', 'link'));
  fs.symlinkSync('nowhere', at('dangling'));
  if (process.platform !== 'win32') execFileSync('mkfifo', [at('pipe')]);
  fs.chmodSync(at('middle'), 0o4640);
  try {
    nativeXattrs()?.write(utf8(at('middle')), { name: utf8('user.note'), value: noise(300, 4) });
  } catch (error) {
    expect(String(error)).toContain('ENOTSUP'); // a file system without attributes
  }
  fs.utimesSync(at('deep', 'er'), 1_000_000, 1_000_000.5);
  return source;
}

async function sourceVault(...folders: string[]): Promise<Device> {
  const device = new Rehearsal().device();
  for (const folder of folders) await device.backup([folder], { tags: ['kept'] });
  return device;
}

/** Every entry below a folder with all its fields, the bytes of files in place of where they lie. */
async function flat(
  tree: TreeReader,
  chunks: OpenedChunks,
  pages: Snapshot['root'],
  above = '',
): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for await (const node of tree.pages(pages)) {
    const path = `${above}/${Buffer.from(node.name).toString('latin1')}`;
    if (node.type === 'directory') {
      const { pages: below, ...rest } = node;
      Object.assign(found, { [path]: rest }, await flat(tree, chunks, below, path));
    } else if (node.type === 'file') {
      const { content: _, indirect: _lists, ...rest } = node;
      const parts: Uint8Array[] = [];
      for await (const ref of contentRefs(chunks, node))
        parts.push(await chunks.bytes(ChunkKind.content, ref));
      found[path] = { ...rest, bytes: Buffer.concat(parts).toString('latin1') };
    } else found[path] = node;
  }
  return found;
}

function contentsOf(mesh: Rehearsal, keys: OwnerKeys, { root }: Snapshot): Promise<Record<string, unknown>> {
  const chunks = new OpenedChunks(mesh.store, keys);
  return flat(new TreeReader(chunks), chunks, root);
}

function done(result: CopiedSnapshot | { unreadable: VaultError } | undefined): CopiedSnapshot['record'] {
  if (!result || 'unreadable' in result) throw result?.unreadable ?? new Error('nothing was copied');
  return result.record;
}

describe('a copied snapshot', () => {
  it('is what the other vault has, entry by entry, and says of itself what that said', async () => {
    const folder = sourceFolder();
    const source = await sourceVault(folder);
    const target = new Target();
    const record = source.state.snapshots()[0] as SnapshotRecord;
    const copy = done((await target.copy(source))[0]);
    const { time, host, user, paths, tags, stats, program } = record.snapshot;
    expect(copy.snapshot).toMatchObject({ time, host, user, paths, tags, stats, program });
    expect(copy.snapshot).toMatchObject({ original: record.id, device: target.device.id });
    expect(target.state.snapshots().map(({ id }) => id)).toEqual([copy.id]);
    const there = await contentsOf(source.mesh, KEYS, record.snapshot);
    expect(Object.keys(there).length).toBeGreaterThan(MANY);
    if (process.platform !== 'win32') expect(there[`${folder}/pipe`]).toMatchObject({ type: 'fifo' });
    expect(await contentsOf(target.mesh, OTHER, copy.snapshot)).toEqual(there);
    // No chunk of the one vault is one of the other: whoever holds both learns nothing from that (C3).
    const sent = new Set(source.mesh.store.puts.map(keyOf));
    expect(target.mesh.store.puts.filter((digest) => sent.has(keyOf(digest)))).toEqual([]);
  }, 120_000);

  it('lies in chunks as a backup into this vault cuts them: one of the same files sends none of their contents (C2, C3)', async () => {
    const folder = sourceFolder();
    const source = await sourceVault(folder);
    const target = new Target();
    await target.copy(source);
    target.mesh.store.forgetCounts();
    await target.backup(folder);
    // The folders above it may have changed meanwhile: their page, and its index.
    expect(target.mesh.store.puts.length).toBeLessThanOrEqual(2);
    expect(target.mesh.store.bytes).toBeLessThan(20_000);
  }, 120_000);

  it('reads and sends each content once, whatever names it has', async () => {
    const folder = temporaryFolder();
    fs.writeFileSync(join(folder, 'a'), noise(3_000_000, 5));
    fs.linkSync(join(folder, 'a'), join(folder, 'b'));
    for (let i = 0; i < 20; i++) fs.writeFileSync(join(folder, `small-${i}`), 'all the same');
    const source = await sourceVault(folder);
    const target = new Target();
    const gets: Digest[] = [];
    const get = source.mesh.store.get.bind(source.mesh.store);
    source.mesh.store.get = (digest) => {
      gets.push(digest);
      return get(digest);
    };
    await target.copy(source);
    expect(new Set(gets.map(keyOf)).size).toBe(gets.length);
    expect(target.mesh.store.bytes).toBeLessThan(3_100_000);
  }, 60_000);

  it('is there whole or not at all wherever the work is killed, and nothing is sent twice (L2)', async () => {
    const folder = sourceFolder();
    const source = await sourceVault(folder);
    for (const killAt of [0, 1, 3, 5, 8]) {
      const target = new Target();
      let left = killAt;
      target.mesh.store.beforePut = () => {
        if (left-- <= 0) throw new Error('killed');
      };
      await expect(target.copy(source)).rejects.toThrow('killed');
      target.mesh.store.beforePut = () => undefined;
      target.restart();
      expect(target.state.snapshots()).toEqual([]);
      const sent = target.mesh.store.puts.length;
      expect(sent).toBe(killAt);
      const copy = done((await target.copy(source))[0]);
      const puts = target.mesh.store.puts.map(keyOf);
      expect(new Set(puts).size).toBe(puts.length);
      const record = source.state.snapshots()[0]?.snapshot as Snapshot;
      expect(await contentsOf(target.mesh, OTHER, copy.snapshot)).toEqual(
        await contentsOf(source.mesh, KEYS, record),
      );
    }
  }, 240_000);

  it('is not made when the source has lost some of it, and the others are; what cannot be had is not the loss of this vault', async () => {
    const [one, two] = [temporaryFolder(), temporaryFolder()];
    fs.writeFileSync(join(one, 'small'), 'small file');
    fs.writeFileSync(join(one, 'large'), noise(3_000_000, 11));
    fs.writeFileSync(join(two, 'other'), 'another file');
    const source = await sourceVault(one, two);
    const [first, second] = source.state.snapshots();
    const { store } = source.mesh;
    const chunks = new OpenedChunks(store, KEYS);
    for (const name of ['small', 'large']) {
      const node = await new TreeReader(chunks).find(first?.snapshot.root ?? [], utf8(join(one, name)));
      const refs = node?.type === 'file' ? node.content : [];
      const gone = keyOf(refs.at(-1)?.chunk as Digest);
      const get = store.get.bind(store);
      for (const code of ['lost', 'unavailable'] as const) {
        const target = new Target();
        store.get = async (digest) => {
          if (keyOf(digest) !== gone) return get(digest);
          if (code === 'lost') return undefined;
          throw new VaultError('unavailable', 'its holders do not answer');
        };
        const [failed, copied] = await target.copy(source);
        expect(failed).toMatchObject({ unreadable: { code } });
        expect(String((failed as { unreadable: VaultError }).unreadable.message)).toContain(
          `snapshot ${first?.id.slice(0, 8)} cannot be read, so it was not copied`,
        );
        expect(target.state.snapshots().map(({ id }) => id)).toEqual([done(copied).id]);
        expect(done(copied).snapshot.original).toBe(second?.id);
        store.get = get;
        const again = await target.copy(source);
        expect(await contentsOf(target.mesh, OTHER, done(again[0]).snapshot)).toEqual(
          await contentsOf(source.mesh, KEYS, first?.snapshot as Snapshot),
        );
      }
    }
  }, 120_000);

  it('reads of the next snapshot of the same paths only what has changed, and keeps all when the first is pruned', async () => {
    const folder = sourceFolder();
    const source = await sourceVault(folder);
    const target = new Target();
    const first = done((await target.copy(source))[0]);
    const [from] = source.state.snapshots();
    fs.writeFileSync(join(folder, 'deep', 'new'), 'new');
    fs.rmSync(join(folder, 'many', 'file-7'));
    fs.appendFileSync(join(folder, 'middle'), 'more');
    await source.backup([folder]);
    target.restart();
    const to = target.state.snapshots().find(({ id }) => id === first.id);
    let read = 0;
    const get = source.mesh.store.get.bind(source.mesh.store);
    source.mesh.store.get = async (digest) => {
      const bytes = await get(digest);
      read += bytes?.length ?? 0;
      return bytes;
    };
    target.mesh.store.forgetCounts();
    const [copied] = await target.copy(source, { from, to } as EarlierCopy);
    expect(read).toBeLessThan(700_000);
    expect(target.mesh.store.bytes).toBeLessThan(700_000);
    source.mesh.store.get = get;
    await beginUpkeep(target.upkeep());
    await announceForgets(target.upkeep(), [first.id]);
    await runPrune(target.upkeep());
    const live = new Set([...target.state.chunks.live()].map(({ digest }) => keyOf(digest)));
    const getAll = target.mesh.store.get.bind(target.mesh.store);
    target.mesh.store.get = async (digest) => (live.has(keyOf(digest)) ? getAll(digest) : undefined);
    expect(await contentsOf(target.mesh, OTHER, done(copied).snapshot)).toEqual(
      await contentsOf(source.mesh, KEYS, source.state.snapshots()[1]?.snapshot as Snapshot),
    );
  }, 120_000);

  it('is not announced when the holders of this vault refuse, which is an error of the whole', async () => {
    const folder = temporaryFolder();
    fs.writeFileSync(join(folder, 'file'), 'file');
    const source = await sourceVault(folder);
    const target = new Target();
    target.mesh.store.beforePut = () => {
      throw new VaultError('no-space', 'all peers are full');
    };
    const failure = await target.copy(source).catch((error: unknown) => error);
    expect(isVaultError(failure, 'no-space')).toBe(true);
    expect(target.state.snapshots()).toEqual([]);
  });

  it('that was forgotten here comes back under another id', async () => {
    const folder = temporaryFolder();
    fs.writeFileSync(join(folder, 'file'), 'file');
    const source = await sourceVault(folder);
    const target = new Target();
    const first = done((await target.copy(source))[0]);
    await announceForgets(target.upkeep(), [first.id]);
    const again = done((await target.copy(source))[0]);
    expect(again.snapshot.original).toBe(first.id);
    expect(target.state.snapshots().map(({ id }) => id)).toEqual([again.id]);
    const from = { live: source.state.snapshots(), forgotten: [] };
    const known = new CopiedBefore(from, {
      live: target.state.snapshots(),
      forgotten: target.state.forgotten(),
    });
    expect(known.copyOf(from.live[0] as SnapshotRecord)?.id).toBe(again.id);
  });
});
