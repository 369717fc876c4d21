/** What `vault status` says: how safe each snapshot is now, counted chunk by chunk, never rounded up (S4). */
import type { OpenedChunks } from '../backup/opened-chunks.ts';
import { MAX_DEPTH, pageKey, TreeReader } from '../backup/tree-reader.ts';
import type { BlobRef } from '../format/blob-ref.ts';
import { decodeContentList } from '../format/content-list.ts';
import { ChunkKind } from '../format/kinds.ts';
import type { FileNode } from '../format/tree-page.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { type Digest, keyOf, type PeerName } from '../model/ids.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import { type Copies, CopyCount, type CountedHolder } from './copy-count.ts';

interface SurveyedSnapshot {
  readonly id: string;
  readonly root: readonly BlobRef[];
  /** Holders whose log shows this snapshot: without one of them nobody would know of it. */
  readonly logHolders: readonly CountedHolder[];
}

export interface SurveyInput {
  readonly snapshots: readonly SurveyedSnapshot[];
  /** Every chunk that the logs say must be kept. */
  readonly liveChunks: Iterable<Digest>;
  readonly holders: readonly CountedHolder[];
  /** Absent where snapshots cannot be read: then there must be none. */
  readonly chunks?: OpenedChunks;
  /** What if these holders were gone? */
  readonly without?: ReadonlySet<PeerName>;
  readonly signal?: AbortSignal;
}

interface SnapshotSafety {
  readonly id: string;
  /** Copies of its worst chunk (or of its log entry) now, and the zones they lie in. 0: it cannot be restored now. */
  readonly copiesMin: number;
  readonly zonesMin: number;
  /** Any this many peers (or zones) may fail now, and every chunk still has a copy. */
  readonly peersLosable: number;
  readonly zonesLosable: number;
  /** False when a directory could not be read, so that what lies below it was not counted: copiesMin is 0 then. */
  readonly complete: boolean;
  /** With `without`: chunks of it that nobody else has; none when it is not complete, as they are not known then. */
  readonly lostWithout?: number;
  /** With `without`: every chunk of it, and its log entry, would still be somewhere. */
  readonly restorableWithout?: boolean;
}

export interface VaultSafety {
  readonly chunks: number;
  /** chunksByCopies[n] chunks have n copies now. */
  readonly chunksByCopies: readonly number[];
  readonly snapshots: readonly SnapshotSafety[];
  readonly holdersAsked: number;
  readonly holdersSilent: readonly string[];
}

/** Least of two counts, each on its own. */
function worse(a: Copies, b: Copies): Copies {
  return { peers: Math.min(a.peers, b.peers), zones: Math.min(a.zones, b.zones) };
}

const NONE: Copies = { peers: 0, zones: 0 };
const ALL: Copies = { peers: Number.POSITIVE_INFINITY, zones: Number.POSITIVE_INFINITY };

/** A page and what its nodes name: chunks that would be lost, and the pages below. Kept only to answer `without`. */
interface PageFacts {
  readonly lost: readonly string[];
  readonly below: readonly string[];
}

/** Walks snapshots; a directory that several share is walked once. */
class Walk {
  readonly #without: ReadonlySet<PeerName> | undefined;
  readonly #pages = new Map<string, PageFacts>();
  readonly #count: CopyCount;
  readonly #chunks: OpenedChunks;
  readonly #tree: TreeReader;
  readonly #options: WaitOptions;
  readonly #known = new Map<string, Copies>();

  constructor(
    count: CopyCount,
    chunks: OpenedChunks,
    options: WaitOptions,
    without: ReadonlySet<PeerName> | undefined,
  ) {
    this.#without = without;
    this.#count = count;
    this.#chunks = chunks;
    this.#tree = new TreeReader(chunks);
    this.#options = options;
  }

  /** Copies of the worst chunk at or below these pages. */
  async directory(refs: readonly BlobRef[], depth: number): Promise<Copies> {
    if (depth > MAX_DEPTH) throw new VaultError('corrupt', 'a snapshot nests deeper than any file system');
    let least = ALL;
    for (const ref of refs) least = worse(least, await this.#page(ref, depth));
    return least;
  }

  async #page(ref: BlobRef, depth: number): Promise<Copies> {
    const key = pageKey(ref);
    const known = this.#known.get(key);
    if (known) return known;
    const named: BlobRef[] = [ref];
    let least = ALL;
    const below: string[] = [];
    for (const node of await this.#tree.page(ref, this.#options)) {
      if (node.type === 'directory') {
        least = worse(least, await this.directory(node.pages, depth + 1));
        if (this.#without) below.push(...node.pages.map(pageKey));
      } else if (node.type === 'file') named.push(...(await this.#contentOf(node)));
    }
    least = worse(least, this.#worst(named));
    this.#known.set(key, least);
    if (this.#without) this.#pages.set(key, { below, lost: this.#lostOf(named) });
    return least;
  }

  async #contentOf(node: FileNode): Promise<readonly BlobRef[]> {
    if (!node.indirect) return node.content;
    const refs = [...node.content];
    for (const ref of node.content) {
      refs.push(...decodeContentList(await this.#chunks.bytes(ChunkKind.list, ref, this.#options)));
    }
    return refs;
  }

  #worst(refs: readonly BlobRef[]): Copies {
    return refs.reduce((least, ref) => worse(least, this.#count.of(ref.chunk)), ALL);
  }

  #lostOf(refs: readonly BlobRef[]): readonly string[] {
    const lost = refs.filter(({ chunk }) =>
      this.#count.holdersOf(chunk).every((peer) => this.#without?.has(peer)),
    );
    return [...new Set(lost.map(({ chunk }) => keyOf(chunk)))];
  }

  /** How many chunks of a snapshot, all of whose pages were walked, only the holders in question have. */
  lostBelow(root: readonly BlobRef[]): number {
    const pages = new Set(root.map(pageKey));
    const lost = new Set<string>();
    for (const key of pages) {
      const facts = this.#pages.get(key);
      for (const chunk of facts?.lost ?? []) lost.add(chunk);
      for (const page of facts?.below ?? []) pages.add(page);
    }
    return lost.size;
  }
}

async function safetyOf(
  snapshot: SurveyedSnapshot,
  walk: Walk,
  without: ReadonlySet<PeerName> | undefined,
): Promise<SnapshotSafety> {
  const log = {
    peers: snapshot.logHolders.length,
    zones: new Set(snapshot.logHolders.map(({ zone }) => zone)).size,
  };
  let least: Copies = NONE;
  let complete = true;
  try {
    least = worse(log, await walk.directory(snapshot.root, 0));
  } catch (error) {
    if (!isVaultError(error, 'unavailable', 'lost', 'corrupt')) throw error;
    complete = false;
  }
  return {
    id: snapshot.id,
    copiesMin: least.peers,
    zonesMin: least.zones,
    peersLosable: Math.max(0, least.peers - 1),
    zonesLosable: Math.max(0, least.zones - 1),
    complete,
    ...(without ? fateWithout(snapshot, walk, without, complete) : {}),
  };
}

function fateWithout(
  { root, logHolders }: SurveyedSnapshot,
  walk: Walk,
  without: ReadonlySet<PeerName>,
  complete: boolean,
): Pick<SnapshotSafety, 'lostWithout' | 'restorableWithout'> {
  const lost = complete ? walk.lostBelow(root) : 0;
  const known = logHolders.some(({ peer }) => !without.has(peer));
  return { lostWithout: lost, restorableWithout: complete && known && lost === 0 };
}

/** Counts the copies of every live chunk, and of the worst chunk of each snapshot. Throws what asking every holder at once throws. */
export async function surveyVault(input: SurveyInput): Promise<VaultSafety> {
  const options: WaitOptions = input.signal ? { signal: input.signal } : {};
  const count = await CopyCount.ask(input.liveChunks, input.holders, options);
  const snapshots: SnapshotSafety[] = [];
  if (input.chunks) {
    const walk = new Walk(count, input.chunks, options, input.without);
    for (const snapshot of input.snapshots) snapshots.push(await safetyOf(snapshot, walk, input.without));
  }
  return {
    chunks: count.chunks,
    chunksByCopies: count.histogram(),
    snapshots,
    holdersAsked: input.holders.length,
    holdersSilent: count.silent,
  };
}
