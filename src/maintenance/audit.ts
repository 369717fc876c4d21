/** Challenges co-holders for random chunks that both keep; who cannot prove what it claims is treated as not holding (R4). */
import { possessionProof } from '../crypto/possession.ts';
import { bytesEqual } from '../model/bytes.ts';
import { DIGEST_BYTES, type Digest, groupOf, keyOf, type PeerName } from '../model/ids.ts';
import { type AuditOutcome, auditDeadlineMs } from '../policy/audit-book.ts';
import type { ProveAnswer } from '../protocol/holder-duties.ts';
import type { RemotePeer } from '../protocol/remote-peer.ts';
import type { Compare } from './compare.ts';
import type { Contacts } from './contacts.ts';
import type { HealthWatch } from './health-watch.ts';
import type { KeeperContext } from './keeper-context.ts';
import type { AuditFigures } from './keeper-status.ts';
import { readOwn } from './possession-check.ts';
import type { VaultView } from './vault-view.ts';

/** Co-holders of each vault that are audited in one round, in turn; so the load does not grow with the mesh. */
const PEERS_PER_ROUND = 3;
const DRAWS_PER_CHUNK = 6;

interface Sample {
  readonly digest: Digest;
  readonly size: number;
}

export class Audit {
  readonly #context: KeeperContext;
  readonly #contacts: Contacts;
  readonly #watch: HealthWatch;
  readonly #compare: Compare;
  /** Per vault: co-holders whose turn is still to come. */
  readonly #turns = new Map<string, PeerName[]>();
  readonly #figures = { proved: 0, admitted: 0, absent: 0, wrong: 0, late: 0 };

  constructor(context: KeeperContext, contacts: Contacts, watch: HealthWatch, compare: Compare) {
    this.#context = context;
    this.#contacts = contacts;
    this.#watch = watch;
    this.#compare = compare;
  }

  figures(): AuditFigures {
    return { ...this.#figures };
  }

  async round(views: readonly VaultView[], signal: AbortSignal): Promise<void> {
    for (const view of views) {
      for (const peer of this.#next(view)) await this.#audit(view, peer, signal);
    }
  }

  /** Whose turn it is: everybody once, in a new random order each time. */
  #next(view: VaultView): readonly PeerName[] {
    const key = keyOf(view.vault);
    const present = new Set(
      view.others.filter((peer) => view.healthOf(peer) === 'alive' && view.coHolder(peer)),
    );
    let turn = (this.#turns.get(key) ?? []).filter((peer) => present.has(peer));
    if (turn.length === 0) turn = this.#shuffled([...present]);
    const chosen = turn.slice(0, PEERS_PER_ROUND);
    this.#turns.set(key, turn.slice(PEERS_PER_ROUND));
    return chosen;
  }

  #shuffled(peers: PeerName[]): PeerName[] {
    for (let i = peers.length - 1; i > 0; i--) {
      const j = Math.floor(this.#context.random.fraction() * (i + 1));
      [peers[i], peers[j]] = [peers[j] ?? '', peers[i] ?? ''];
    }
    return peers;
  }

  async #audit(view: VaultView, peer: PeerName, signal: AbortSignal): Promise<void> {
    const samples = await this.#claimed(view, peer, signal);
    if (samples.length === 0) return;
    const outcome = await this.#challenge(view, peer, samples, signal);
    if (outcome === undefined) return;
    this.#figures[outcome] += outcome === 'proved' ? samples.length : 1;
    const before = this.#watch.unsoundIn(view.vault).has(peer);
    this.#watch.audited(peer, outcome);
    const now = this.#watch.unsoundIn(view.vault).has(peer);
    if (now && !before)
      this.#context.warn(`peer ${peer} failed an audit (${outcome}): it counts as not holding`);
    if (before && !now) this.#context.warn(`peer ${peer} passed its audits again: it counts as a holder`);
  }

  /** Random chunks that are here, and that the peer says it keeps: by its table of digests, or asked now. */
  async #claimed(view: VaultView, peer: PeerName, signal: AbortSignal): Promise<readonly Sample[]> {
    const { random, settings } = this.#context;
    const { books } = view.holding;
    const drawn = new Map<string, Sample>();
    for (let draw = 0; draw < DRAWS_PER_CHUNK * settings.auditChunks; draw++) {
      const one = books.sampleKept(random.fraction());
      if (one) drawn.set(keyOf(one.digest), one);
    }
    const samples = [...drawn.values()];
    const live = books.liveDigests();
    const unsure = samples.filter(({ digest }) => !view.hasWhole(peer, groupOf(digest), live));
    const has = await this.#has(view, peer, unsure, signal);
    const not = new Set(unsure.filter((_, i) => !has[i]));
    return samples.filter((sample) => !not.has(sample)).slice(0, settings.auditChunks);
  }

  async #has(
    view: VaultView,
    peer: PeerName,
    samples: readonly Sample[],
    signal: AbortSignal,
  ): Promise<readonly boolean[]> {
    if (samples.length === 0) return []; // a question about nothing is answered without asking, and proves no life
    const digests = samples.map(({ digest }) => digest);
    const question = (remote: RemotePeer): Promise<readonly boolean[]> => remote.has(digests, { signal });
    const asked = await this.#contacts.ask(peer, view.vault, question, signal);
    return asked.kind === 'answer' ? asked.value : [];
  }

  /** `undefined`: it says nothing about the peer. */
  async #challenge(
    view: VaultView,
    peer: PeerName,
    samples: readonly Sample[],
    signal: AbortSignal,
  ): Promise<AuditOutcome | undefined> {
    const { clock, random } = this.#context;
    const { vault } = view;
    const ping = await this.#contacts.ask(peer, vault, (remote) => remote.pingMs({ signal }), signal);
    if (ping.kind !== 'answer') return undefined; // silence is judged by its length, not here
    const nonce = random.bytes(DIGEST_BYTES);
    const digests = samples.map(({ digest }) => digest);
    const bytes = samples.reduce((sum, { size }) => sum + size, 0);
    const deadlineMs = auditDeadlineMs({ rttMs: ping.value, bytes, chunks: samples.length });
    const ask = { nonce, group: groupOf(digests[0] ?? nonce), pledge: false, digests };
    const startMs = clock.monotonicMs();
    const asked = await this.#contacts.ask(peer, vault, (remote) => remote.prove(ask, { signal }), signal);
    if (asked.kind !== 'answer') return 'late'; // it answers small questions, and this one not
    const tookMs = clock.monotonicMs() - startMs;
    const outcome = await this.#judge(view, peer, { samples, nonce, answer: asked.value }, signal);
    return outcome === 'proved' && tookMs > deadlineMs ? 'late' : outcome;
  }

  async #judge(
    view: VaultView,
    peer: PeerName,
    { samples, nonce, answer }: { samples: readonly Sample[]; nonce: Uint8Array; answer: ProveAnswer },
    signal: AbortSignal,
  ): Promise<AuditOutcome | undefined> {
    let checked = 0;
    const absent: Digest[] = [];
    for (const [i, { digest }] of samples.entries()) {
      const proof = answer.proofs[i];
      if (!proof) {
        absent.push(digest);
        continue;
      }
      const bytes = await readOwn(view, digest, signal);
      if (!bytes) continue;
      const expected = possessionProof({ nonce, vault: view.vault, digest, prover: peer, bytes });
      if (!bytesEqual(proof, expected)) return 'wrong';
      checked += 1;
    }
    if (absent.length > 0 && (await this.#stillItsTask(view, peer, absent, signal))) {
      return (await this.#stillClaimed(view, peer, absent, signal)) ? 'absent' : 'admitted';
    }
    return checked > 0 ? 'proved' : undefined;
  }

  /** An honest peer that finds a chunk rotten or gone tells so from then on; who goes on claiming it lies. */
  async #stillClaimed(
    view: VaultView,
    peer: PeerName,
    digests: readonly Digest[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const live = view.holding.books.liveDigests();
    if (digests.some((digest) => view.hasWhole(peer, groupOf(digest), live))) return true;
    const samples = digests.map((digest) => ({ digest, size: 0 }));
    return (await this.#has(view, peer, samples, signal)).some(Boolean);
  }

  /** It may have learnt just now that chunks were dropped, or that they are not its task: then we look again. */
  async #stillItsTask(
    view: VaultView,
    peer: PeerName,
    digests: readonly Digest[],
    signal: AbortSignal,
  ): Promise<boolean> {
    await this.#compare.withPeer(view, peer, signal);
    const unsound = !view.isSound(peer); // has no task as long as it is that
    return digests.some((digest) => {
      const task = unsound || view.taskOf(groupOf(digest), peer) !== 'none';
      return task && view.holding.books.of(digest)?.live === true;
    });
  }
}
