/** What the holders of a vault know of each other: the silences of the model, judged by the same pure code as in the product (R1). */
import type { PeerName } from '../../model/ids.ts';
import { type Health, judge, type Silence } from '../../policy/health.ts';
import type { ModelSettings } from './model-settings.ts';
import type { ModelPeer, Population } from './population.ts';
import type { ModelVault } from './vault-book.ts';

/** Before the beginning everybody watched everybody for this long. */
const WARM_MS = 1e9;

/** True when a peer was silent so long that everybody counts it as lost. */
export function isLostAt(peer: ModelPeer, nowMs: number, settings: ModelSettings): boolean {
  return !peer.up && nowMs - peer.silentSinceMs >= settings.health.lostMs;
}

/** True when a peer still counts as a living copy: alive or suspect. */
export function isLiveAt(peer: ModelPeer, nowMs: number, settings: ModelSettings): boolean {
  return peer.up || nowMs - peer.silentSinceMs < settings.health.awayMs;
}

export class HealthView {
  readonly #settings: ModelSettings;
  readonly #population: Population;
  #cached: { vault: number; nowMs: number; health: ReadonlyMap<PeerName, Health> } | undefined;
  /** How often the brake held somebody's health back. */
  braked = 0;

  constructor(settings: ModelSettings, population: Population) {
    this.#settings = settings;
    this.#population = population;
  }

  /** The health of the members of a vault who are not alive. */
  of(vault: ModelVault, nowMs: number): ReadonlyMap<PeerName, Health> {
    const cached = this.#cached;
    if (cached?.vault === vault.number && cached.nowMs === nowMs) return cached.health;
    const silences: Silence[] = [];
    for (const { peer } of vault.members) {
      const { up, silentSinceMs } = this.#population.at(this.#population.numberOf(peer));
      if (!up) silences.push({ peer, silentMs: nowMs - silentSinceMs, sinceMs: WARM_MS + silentSinceMs });
    }
    const book = { runningMs: WARM_MS + nowMs, silences };
    const { health, braked } = judge(
      book,
      vault.members.map(({ peer }) => peer),
      this.#settings.health,
    );
    this.braked += braked.length;
    this.#cached = { vault: vault.number, nowMs, health };
    return health;
  }

  /** To be called when somebody's state or a vault's members change. */
  forget(): void {
    this.#cached = undefined;
  }
}
