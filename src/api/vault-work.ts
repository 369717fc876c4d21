/** What every operation on an opened vault works with. */
import type { WaitOptions } from '../store/chunk-store.ts';
import type { VaultHome } from '../vault/vault-home.ts';
import type { VaultState } from '../vault/vault-state.ts';
import type { MeshSession } from './mesh-session.ts';
import type { Surroundings } from './surroundings.ts';

export interface VaultWork {
  readonly home: VaultHome;
  readonly state: VaultState;
  readonly session: MeshSession;
  readonly surroundings: Surroundings;
  readonly wait: WaitOptions;
  /** For people: what is not as it should be, and did not stop the work. */
  readonly warn: (message: string) => void;
}
