/** What to fetch next: missing chunks of the groups that are this peer's task, those with the fewest known copies first (R2). */
import { bytesEqual } from '../model/bytes.ts';
import { type Digest, GROUPS, type PeerName } from '../model/ids.ts';
import type { Contacts } from './contacts.ts';
import type { VaultView } from './vault-view.ts';

/** One chunk to fetch, and who says that he has it: the best source first. */
export interface Wanted {
  readonly view: VaultView;
  readonly digest: Digest;
  readonly size: number;
  readonly sources: readonly PeerName[];
}

/** Chunks looked at together; memory does not grow with what is missing. */
const WINDOW = 256;
/** Members asked first, in holder order: the keepers of today and of yesterday are among them. */
const ASKED_FIRST = 8;
/** And when none of those has a chunk, that many more, the silent ones included. */
const ASKED_MORE = 64;

interface Task {
  readonly view: VaultView;
  readonly group: number;
  /** Live co-holders that show every chunk of the group. */
  readonly whole: number;
}

/** One pass over everything missing: a chunk is tried once in it. */
export class WantedPass {
  readonly #contacts: Pick<Contacts, 'ask'>;
  readonly #self: PeerName;
  /** How far each group of each vault was worked through in this pass. */
  readonly #done = new Map<VaultView, Map<number, Digest>>();

  constructor(contacts: Pick<Contacts, 'ask'>, self: PeerName) {
    this.#contacts = contacts;
    this.#self = self;
  }

  /** The next chunks, worst first; none when the pass is over. */
  async next(views: readonly VaultView[], signal: AbortSignal): Promise<Wanted[]> {
    const wanted: Wanted[] = [];
    for (const task of worstFirst(views)) {
      if (wanted.length >= WINDOW) break;
      wanted.push(...(await this.#ofGroup(task, WINDOW - wanted.length, signal)));
    }
    return wanted.sort((a, b) => a.sources.length - b.sources.length);
  }

  async #ofGroup({ view, group }: Task, limit: number, signal: AbortSignal): Promise<Wanted[]> {
    const cursors = this.#done.get(view) ?? new Map<number, Digest>();
    this.#done.set(view, cursors);
    const missing = view.holding.books.missing(group, limit, cursors.get(group));
    const last = missing.at(-1);
    if (!last) return [];
    cursors.set(group, last.digest);
    const digests = missing.map(({ digest }) => digest);
    const sources = await this.#sources(view, group, digests, signal);
    return missing.map(({ digest, size }, i) => ({ view, digest, size, sources: sources[i] ?? [] }));
  }

  /** For each chunk who has it: live and sound members first, then whoever else is left. */
  async #sources(
    view: VaultView,
    group: number,
    digests: readonly Digest[],
    signal: AbortSignal,
  ): Promise<PeerName[][]> {
    const sources: PeerName[][] = digests.map(() => []);
    const order = this.#askOrder(view, group);
    const first = order.filter((peer) => view.isLive(peer) && view.isSound(peer)).slice(0, ASKED_FIRST);
    await this.#ask(view, group, first, { digests, sources, trash: false }, signal);
    const orphans = digests.map((digest, i) => ({ digest, i })).filter(({ i }) => sources[i]?.length === 0);
    if (orphans.length === 0) return sources;
    const found: PeerName[][] = orphans.map(() => []);
    const rest = order.filter((peer) => view.healthOf(peer) !== 'lost').slice(0, ASKED_MORE);
    const lookup = { digests: orphans.map(({ digest }) => digest), sources: found, trash: true };
    await this.#ask(view, group, rest, lookup, signal);
    for (const [at, { i }] of orphans.entries()) sources[i]?.push(...(found[at] ?? []));
    return sources;
  }

  #askOrder(view: VaultView, group: number): PeerName[] {
    const ordered = view.order(group);
    return [...new Set([...ordered, ...view.others])].filter((peer) => peer !== this.#self);
  }

  async #ask(
    view: VaultView,
    group: number,
    peers: readonly PeerName[],
    lookup: { readonly digests: readonly Digest[]; readonly sources: PeerName[][]; readonly trash: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const { digests, sources, trash } = lookup;
    const live = view.holding.books.liveDigests();
    const answers = await Promise.all(
      peers.map(async (peer) => {
        if (view.hasWhole(peer, group, live)) return digests.map(() => true);
        const options = { signal, ...(trash ? { trash } : {}) };
        const asked = await this.#contacts.ask(
          peer,
          view.vault,
          (remote) => remote.has(digests, options),
          signal,
        );
        return asked.kind === 'answer' ? asked.value : [];
      }),
    );
    answers.forEach((answer, p) => {
      const peer = peers[p];
      if (peer === undefined) return;
      for (const [i, found] of sources.entries()) if (answer[i]) found.push(peer);
    });
  }
}

/** The groups that are our task and lack chunks; those first that the fewest others have whole. */
function worstFirst(views: readonly VaultView[]): Task[] {
  const tasks: Task[] = [];
  for (const view of views) {
    const live = view.holding.books.liveDigests();
    const kept = view.holding.books.keptDigests();
    if (bytesEqual(live, kept)) continue;
    const others = view.others.filter((peer) => view.isLive(peer) && view.isSound(peer));
    for (let group = 0; group < GROUPS; group++) {
      if (view.taskOf(group) === 'none' || view.holding.books.groupCounts(group).missing === 0) continue;
      const whole = others.filter((peer) => view.hasWhole(peer, group, live)).length;
      tasks.push({ view, group, whole });
    }
  }
  return tasks.sort((a, b) => a.whole - b.whole);
}
