/** What this peer answers the other members of its vaults: what it keeps, proofs, pledges, and yes to an invitation (R2-R4). */

import { digestOf } from '../crypto/digest.ts';
import { verify } from '../crypto/ed25519.ts';
import { verifyPeer } from '../crypto/peer-key.ts';
import { decodeHolderTable } from '../format/holder-table.ts';
import type { MemberList } from '../format/member-list.ts';
import { decodeRecruitment } from '../format/recruitment.ts';
import { bytesEqual } from '../model/bytes.ts';
import { isVaultError } from '../model/errors.ts';
import { DIGEST_BYTES, type PeerName, type VaultId } from '../model/ids.ts';
import type {
  CompareAnswer,
  CompareAsk,
  HolderDuties,
  ProveAnswer,
  ProveAsk,
} from '../protocol/holder-duties.ts';
import { vaultLogsHash } from '../protocol/logs-hash.ts';
import { proveChunks } from '../protocol/prove-chunks.ts';
import type { Contacts } from './contacts.ts';
import { hasGroup, noGroups } from './group-bits.ts';
import type { HealthWatch } from './health-watch.ts';
import type { KeeperContext } from './keeper-context.ts';
import type { Leases } from './leases.ts';
import { takeMembers } from './member-pull.ts';
import type { MissingWatch } from './missing-watch.ts';
import type { Repair } from './repair.ts';
import type { VaultView } from './vault-view.ts';
import type { Views } from './views.ts';

export interface DutyParts {
  readonly context: KeeperContext;
  readonly views: Views;
  readonly contacts: Contacts;
  readonly watch: HealthWatch;
  readonly leases: Leases;
  readonly missing: MissingWatch;
  readonly repair: Repair;
  readonly accepting: () => boolean;
  /** A vault came in or something is to be fetched: look soon. */
  readonly wake: () => void;
}

const EMPTY_LIST: MemberList = { table: undefined, recruits: [] };
const NOTHING = new Uint8Array(DIGEST_BYTES);

export class Duties implements HolderDuties {
  readonly #parts: DutyParts;

  constructor(parts: DutyParts) {
    this.#parts = parts;
  }

  heard(peer: PeerName): void {
    this.#parts.contacts.heard(peer);
  }

  members(vault: VaultId): MemberList {
    return this.#parts.views.of(vault)?.memberList().list ?? EMPTY_LIST;
  }

  compare(vault: VaultId, ask: CompareAsk): CompareAnswer {
    const { views, watch, missing, repair, accepting } = this.#parts;
    const view = views.of(vault);
    if (!view) return this.#unknown();
    const table = view.holding.books.keptDigests();
    const holdings = digestOf(table);
    const members = new Set(view.others);
    const lacking = missing.of(view);
    const unavailable = Math.min(lacking.chunks, repair.unavailable(view));
    const braked = view.others.some((peer) => watch.braked.has(peer));
    return {
      known: true,
      members: view.memberList().hash,
      logs: vaultLogsHash(view.holding),
      holdings,
      declines: view.declines,
      accepting: accepting(),
      missing: lacking.chunks,
      missingMs: Math.round(lacking.sinceMs),
      ...(unavailable > 0 ? { unavailable } : {}),
      ...(braked ? { braked } : {}),
      accuses: watch.accuses(members),
      silent: watch.silent(members),
      table: bytesEqual(holdings, ask.seen) ? undefined : table,
    };
  }

  async prove(vault: VaultId, ask: ProveAsk, _from: PeerName, signal: AbortSignal): Promise<ProveAnswer> {
    const { views, context } = this.#parts;
    const view = views.of(vault);
    if (!view) return { pledged: false, proofs: ask.digests.map(() => undefined) };
    const pledged = ask.pledge && this.#pledge(view, ask.group);
    const { chunks } = view.holding;
    const job = { chunks, vault, nonce: ask.nonce, digests: ask.digests, self: context.network.self, signal };
    return { pledged, proofs: await proveChunks(job) };
  }

  /** Accepts when the owner's table or a chain of members names us, and there is room. */
  async invited(vault: VaultId, list: MemberList): Promise<boolean> {
    const { context, views, wake } = this.#parts;
    if (!list.table || !names(vault, list, context.network.self)) return false;
    const known = views.of(vault);
    if (!known && !this.#parts.accepting()) return false;
    const holding = context.holdings.vault(vault, true);
    await takeMembers(holding, list);
    const view = views.of(vault);
    view?.refresh(views.outlook);
    wake();
    return view?.isMember ?? false;
  }

  /** Only for what is our task, and what we are not giving away, be it for want of anybody else (R3, R5). */
  #pledge(view: VaultView, group: number): boolean {
    if (hasGroup(view.declines, group) || view.taskOf(group) !== 'keeper') return false;
    return this.#parts.leases.pledge(view.vault, group);
  }

  #unknown(): CompareAnswer {
    return {
      known: false,
      members: NOTHING,
      logs: NOTHING,
      holdings: NOTHING,
      declines: noGroups(),
      accepting: this.#parts.accepting(),
      missing: 0,
      missingMs: 0,
      accuses: [],
      silent: [],
      table: undefined,
    };
  }
}

/** A table of this vault that names us, or one with a recruitment that does; whether its chain holds is seen afterwards. */
function names(vault: VaultId, { table, recruits }: MemberList, self: PeerName): boolean {
  try {
    if (!table) return false;
    const { vault: owner, members } = decodeHolderTable(table, verify);
    if (!bytesEqual(owner, vault)) return false;
    if (members.some(({ peer }) => peer === self)) return true;
    return recruits.some((record) => decodeRecruitment(record, verifyPeer).peer === self);
  } catch (error) {
    if (isVaultError(error, 'corrupt', 'forgery', 'unsupported-version')) return false;
    throw error;
  }
}
