/** The views of all vaults that this peer keeps something of, kept fresh together. */
import { keyOf, type PeerName, type VaultId } from '../model/ids.ts';
import type { Holdings } from '../store/holdings.ts';
import { CLEAR_OUTLOOK, type Outlook, VaultView } from './vault-view.ts';

export class Views {
  readonly #holdings: Holdings;
  readonly #self: PeerName;
  readonly #stuckMs: number;
  readonly #views = new Map<string, VaultView>();
  #outlook: Outlook = CLEAR_OUTLOOK;

  constructor(holdings: Holdings, self: PeerName, stuckMs: number) {
    this.#holdings = holdings;
    this.#self = self;
    this.#stuckMs = stuckMs;
  }

  get outlook(): Outlook {
    return this.#outlook;
  }

  /** In a stable order. */
  all(): readonly VaultView[] {
    const present = new Set<string>();
    for (const vault of this.#holdings.vaults()) {
      present.add(keyOf(vault));
      this.#viewOf(vault);
    }
    for (const key of this.#views.keys()) if (!present.has(key)) this.#views.delete(key);
    return [...this.#views.values()];
  }

  /** `undefined` when nothing of the vault is kept here. */
  of(vault: VaultId): VaultView | undefined {
    return this.#views.get(keyOf(vault)) ?? this.#viewOf(vault);
  }

  /** Everybody whose health matters: the other members of all vaults. */
  watched(): readonly PeerName[] {
    return [...new Set(this.all().flatMap((view) => view.others))];
  }

  refresh(outlook: Outlook): void {
    this.#outlook = outlook;
    for (const view of this.all()) view.refresh(outlook);
  }

  #viewOf(vault: VaultId): VaultView | undefined {
    const known = this.#views.get(keyOf(vault));
    if (known) return known;
    const holding = this.#holdings.vault(vault);
    if (!holding) return undefined;
    const view = new VaultView(holding, this.#self, this.#stuckMs);
    view.refresh(this.#outlook);
    this.#views.set(keyOf(vault), view);
    return view;
  }
}
