/** A crew of threads, one for each processor: begun when there is work for them, and for a little work not at all. */
import { availableParallelism } from 'node:os';
import type { SealedBytes } from '../crypto/chunk-cipher.ts';
import { freeBuffer } from '../crypto/free-buffer.ts';
import type { VaultKeys } from '../crypto/vault-keys.ts';
import type { ChunkKind } from '../format/kinds.ts';
import { VaultError } from '../model/errors.ts';
import type { ContentId } from '../model/ids.ts';
import { KiB } from '../model/units.ts';
import { JobThread } from '../runtime/job-thread.ts';
import type { BytePath } from './byte-path.ts';
import type { Crew, CrewOptions, Gathered, MakeCrew, PieceBytes, SmallAsk } from './crew.ts';
import { CrewHand } from './crew-hand.ts';
import {
  type HandAnswer,
  type HandAsk,
  type HandStart,
  type Keep,
  packAsks,
  unpackGathered,
} from './crew-messages.ts';
import type { FolderLook } from './folder-looks.ts';
import { unpackLooks } from './look-messages.ts';
import { nodeFileSource } from './node-file-source.ts';
import { type OwnerNames, ownerNames } from './owner-names.ts';
import { unpackError } from './pack-error.ts';

/** More threads than this would cost more memory than they save time: disks and links are slower then. */
const MOST_HANDS = 4;
/** As long as no thread was needed, chunks of directories and indexes up to this size are sealed in place. */
const LITTLE_BYTES: number = 256 * KiB;

type Hand = JobThread<HandAsk, HandAnswer>;

class WorkerCrew implements Crew {
  readonly hands: number = Math.max(1, Math.min(availableParallelism(), MOST_HANDS));
  readonly #keys: VaultKeys;
  readonly #options: CrewOptions;
  readonly #names: OwnerNames = ownerNames();
  #hands: readonly Hand[] | undefined;
  /** For each hand: goes with the next thing that it is asked. */
  readonly #keeps: Keep[][] = Array.from({ length: this.hands }, () => []);
  #inPlace: CrewHand | undefined;
  #closed = false;

  constructor(keys: VaultKeys, options: CrewOptions) {
    this.#keys = keys;
    this.#options = options;
  }

  get begun(): boolean {
    return this.#hands !== undefined;
  }

  async gather(hand: number, asks: readonly SmallAsk[]): Promise<Gathered> {
    const keeps = this.#takeKeeps(hand);
    const answer = await this.#hand(hand).ask({ verb: 'gather', keeps, asks: packAsks(asks) });
    return unpackGathered(expect(answer, 'gathered'), this.#names);
  }

  async look(paths: readonly BytePath[]): Promise<readonly FolderLook[]> {
    return unpackLooks(expect(await this.#idlest().ask({ verb: 'look', paths }), 'looks'));
  }

  keep(hand: number, batch: number, indices: readonly number[], more: boolean): void {
    this.#refuseClosed();
    this.#keeps[hand]?.push({ batch, indices, more });
  }

  async sealOpen(hand: number): Promise<SealedBytes> {
    return ours(await this.#hand(hand).ask({ verb: 'sealOpen', keeps: this.#takeKeeps(hand) }));
  }

  async identify(kind: ChunkKind, piece: PieceBytes): Promise<ContentId> {
    return expect(await this.#idlest().ask({ verb: 'identify', kind, piece }), 'id');
  }

  async sealPiece(kind: ChunkKind, piece: PieceBytes): Promise<SealedBytes> {
    return ours(await this.#idlest().ask({ verb: 'sealPiece', kind, piece }));
  }

  async seal(kind: ChunkKind, plain: Uint8Array<ArrayBuffer>): Promise<SealedBytes> {
    if (!this.#hands && plain.length <= LITTLE_BYTES) {
      this.#refuseClosed();
      this.#inPlace ??= new CrewHand(nodeFileSource(), this.#keys, this.#options);
      return this.#inPlace.seal(kind, plain);
    }
    return ours(await this.#idlest().ask({ verb: 'seal', kind, plain }, [plain.buffer]));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const hands = this.#hands ?? [];
    this.#hands = undefined;
    await Promise.all(hands.map((hand) => hand.end()));
  }

  #takeKeeps(hand: number): readonly Keep[] {
    const keeps = this.#keeps[hand] ?? [];
    this.#keeps[hand] = [];
    return keeps;
  }

  #all(): readonly Hand[] {
    this.#refuseClosed();
    this.#hands ??= Array.from({ length: this.hands }, () => handOf(startOf(this.#keys, this.#options)));
    return this.#hands;
  }

  #hand(index: number): Hand {
    const hand = this.#all()[index];
    if (!hand) throw new VaultError('internal', `bug: there is no hand ${index}`);
    return hand;
  }

  #idlest(): Hand {
    return this.#all().reduce((best, hand) => (hand.load < best.load ? hand : best));
  }

  #refuseClosed(): void {
    if (this.#closed) throw new VaultError('closed', 'the backup has ended');
  }
}

function handOf(start: HandStart): Hand {
  const worker = { stdin: false };
  return new JobThread({ program: './crew-worker', base: import.meta.url, start, work: 'backup', worker });
}

function startOf({ scope, contentId, chunkSeed, chunkKey }: VaultKeys, options: CrewOptions): HandStart {
  return {
    ...(scope === undefined ? {} : { scope }),
    contentIdKey: contentId.key,
    chunkSeedKey: chunkSeed.key,
    chunkKey: chunkKey.export(),
    options,
  };
}

/** Their memory has come with the answer and is nobody else's. */
function ours(answer: HandAnswer): SealedBytes {
  const sealed = expect(answer, 'sealed');
  return { ...sealed, release: () => freeBuffer(sealed.bytes) };
}

function expect<Name extends 'gathered' | 'looks' | 'sealed' | 'id'>(
  answer: HandAnswer,
  name: Name,
): Extract<HandAnswer, Record<Name, unknown>>[Name] {
  if ('failure' in answer) throw unpackError(answer.failure);
  if (name in answer) return (answer as Extract<HandAnswer, Record<Name, unknown>>)[name];
  throw new VaultError('internal', `bug: a thread did not answer with ${name}`);
}

/** Its threads read this machine's files, whatever `_source` is. */
export const workerCrew: MakeCrew = (_source, keys, options) => new WorkerCrew(keys, options);
