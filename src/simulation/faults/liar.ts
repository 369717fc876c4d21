/** Peers that cheat: they run the production code over holdings that lie to it (R4, L3). */

import { entryHash } from '../../format/log-entry.ts';
import { type DeviceId, type Digest, idText, keyOf, type VaultId } from '../../model/ids.ts';
import type { HeldChunks } from '../../store/held-chunks.ts';
import type { Holdings, VaultHolding } from '../../store/holdings.ts';
import type { LogStore } from '../../store/log-store.ts';
import { type Cheat, LIES, type Lie } from '../host.ts';
import type { Machine } from '../machine.ts';
import type { Action } from '../script.ts';
import type { World } from '../world.ts';

/** What fetching a chunk from elsewhere costs beside the trips: a cheat's uplink is no better than others'. */
const FETCH_MS = 1500;

/** `target` with some methods replaced; the others run on the real object. */
function overlay<T extends object>(target: T, changes: Partial<T>): T {
  return new Proxy(target, {
    get: (real, name) => {
      const value: unknown = Reflect.get(
        name in changes ? changes : real,
        name,
        name in changes ? changes : real,
      );
      return typeof value === 'function' ? value.bind(name in changes ? changes : real) : value;
    },
  });
}

export class Liar implements Cheat {
  readonly lie: Lie;
  readonly #world: World;
  readonly #machine: Machine;
  readonly #deleted = new Set<string>();
  /** Of the process that runs. */
  readonly #holdings = new Map<string, VaultHolding>();

  constructor(world: World, machine: Machine, lie: Lie) {
    this.lie = lie;
    this.#world = world;
    this.#machine = machine;
  }

  /** What its disk has does not count: whatever it gives out of its own is damaged. Who hides log entries gives good chunks. */
  get withholds(): boolean {
    return this.lie !== 'hiding';
  }

  /** Deletes every second chunk file, past its own books. */
  async begin(): Promise<void> {
    if (this.lie !== 'lazy' && this.lie !== 'fetching') return;
    const { disk, books, options } = this.#machine;
    for (const [i, path] of books.chunkPaths().entries()) {
      const file = books.chunkAt(path);
      if (i % 2 === 1 || !file || this.#world.isLastCopy(this.#machine, file.digest)) continue;
      disk.destroy(path);
      books.delete(path);
      this.#deleted.add(file.digest);
      this.#world.ledger.note(options.index, file.digest, this.#world.nowMs);
    }
  }

  holdings(honest: Holdings): Holdings {
    this.#holdings.clear();
    const vault = (id: VaultId, create?: boolean): VaultHolding | undefined => {
      const holding = create ? honest.vault(id, true) : honest.vault(id);
      if (!holding) return undefined;
      const lying = this.#holdings.get(keyOf(id)) ?? this.#lying(holding);
      this.#holdings.set(keyOf(id), lying);
      return lying;
    };
    return overlay(honest, { vault } as Partial<Holdings>);
  }

  #lying(holding: VaultHolding): VaultHolding {
    if (this.lie === 'hiding') return overlay(holding, { logs: this.#hiding(holding.logs) });
    const get = (digest: Digest): Promise<Uint8Array | undefined> => this.#get(holding.chunks, digest);
    const has = async (digests: readonly Digest[]): Promise<readonly boolean[]> => {
      const honest = await holding.chunks.has(digests);
      return honest.map((here, i) => here || this.#deleted.has(keyOf(digests[i] ?? new Uint8Array(0))));
    };
    return overlay(holding, { chunks: overlay(holding.chunks, { get, has }) });
  }

  #hiding(logs: LogStore): LogStore {
    const heads = (): ReturnType<LogStore['heads']> =>
      logs.heads().flatMap(({ device, next }) => {
        const entry = next > 1 ? this.#entry(device, next - 2) : undefined;
        return entry ? [{ device, next: next - 1, hash: entryHash(entry) }] : [];
      });
    return overlay(logs, { heads });
  }

  #entry(device: DeviceId, sequence: number): Uint8Array | undefined {
    const end = `/logs/${idText(device)}/${String(sequence).padStart(10, '0')}`;
    const path = this.#machine.books.logPaths().find((candidate) => candidate.endsWith(end));
    return path === undefined ? undefined : this.#machine.disk.peek(path);
  }

  async #get(honest: HeldChunks, digest: Digest): Promise<Uint8Array | undefined> {
    const deleted = this.#deleted.has(keyOf(digest));
    if (deleted && this.lie === 'fetching') return this.#fetch(digest);
    const bytes = deleted ? new Uint8Array(1000) : (await honest.get(digest))?.slice();
    if (bytes) bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    return bytes;
  }

  async #fetch(digest: Digest): Promise<Uint8Array | undefined> {
    const { clock } = this.#world;
    await clock.sleep(FETCH_MS);
    const other = this.#world.keepers(keyOf(digest)).find((machine) => machine.running);
    return other?.goodBytes(keyOf(digest))?.slice();
  }
}

/** From now on this peer lies. It is restarted, as a cheat would start another program. Spared while it has the last copy of anything. */
export async function startLiar(world: World, { target, strength }: Action): Promise<void> {
  const honest = world.present().filter((machine) => machine.running && !machine.liar);
  const machine = honest[target % Math.max(1, honest.length)];
  if (!machine) return;
  const liar = new Liar(world, machine, LIES[Math.floor(strength * LIES.length)] ?? 'lazy');
  if (liar.withholds && world.hasLastCopies(machine)) return world.count('spared');
  await machine.crash();
  await liar.begin();
  machine.liar = liar;
  world.count(`liar ${liar.lie}`);
  await machine.start();
}
