/** What this peer knows of one vault at the moment: its members, whose task each group is, and what co-holders say (P3, R1). */
import { type MemberList, membersHash } from '../format/member-list.ts';
import { bytesEqual } from '../model/bytes.ts';
import { GROUPS, keyOf, type PeerName, type VaultId } from '../model/ids.ts';
import type { Health } from '../policy/health.ts';
import { peersOnMachines } from '../policy/own-machines.ts';
import type { Member, Situation } from '../policy/roles.ts';
import { maySpare } from '../policy/surplus.ts';
import { type CompareAnswer, DIGEST_TABLE_BYTES } from '../protocol/holder-duties.ts';
import { vaultLogsHash } from '../protocol/logs-hash.ts';
import type { VaultHolding } from '../store/holdings.ts';
import { allGroups, eitherGroups, hasGroup, noGroups } from './group-bits.ts';
import { RoleBook } from './role-book.ts';
import { StuckWatch } from './stuck-watch.ts';

/** What a co-holder said last. */
export interface CoHolder {
  readonly answer: CompareAnswer;
  /** Its newest table of digests, from this answer or an earlier one. */
  readonly table: Uint8Array | undefined;
}

/** What is known of peers whatever the vault. */
export interface Outlook {
  /** By our own ears. */
  readonly health: ReadonlyMap<PeerName, Health>;
  /** And with what is said in a vault of peers that we do not hear either. */
  readonly healthWith: (reportedMs: ReadonlyMap<PeerName, number>) => ReadonlyMap<PeerName, Health>;
  readonly unsoundIn: (vault: VaultId) => ReadonlySet<PeerName>;
  readonly draining: boolean;
  /** Tag of the machine a peer runs on, our own included; '' when it has not told. */
  readonly machineOf: (peer: PeerName) => string;
}

export const CLEAR_OUTLOOK: Outlook = {
  health: new Map(),
  healthWith: () => new Map(),
  unsoundIn: () => new Set(),
  draining: false,
  machineOf: () => '',
};

const ALL_GROUPS: Uint8Array = allGroups();
/** The table of digests of who keeps nothing. */
const NO_CHUNKS = new Uint8Array(DIGEST_TABLE_BYTES);
const NOBODY: ReadonlySet<PeerName> = new Set();

const WORD_BYTES = 8;
const COMPARED_WITH = 2;
/** Without a table nobody is a member, and the number is never used. */
const NO_TABLE_COPIES = 3;

export class VaultView {
  readonly vault: VaultId;
  readonly holding: VaultHolding;
  readonly #self: PeerName;
  readonly #coHolders = new Map<PeerName, CoHolder>();
  /** When each co-holder's logs were last taken over, by our own running time. */
  readonly #comparedMs = new Map<PeerName, number>();
  #outlook: Outlook = CLEAR_OUTLOOK;
  #unsound: ReadonlySet<PeerName> = new Set();
  #health: ReadonlyMap<PeerName, Health> = new Map();
  /** Who runs on a machine of the owner: keeps nothing that counts (P2). */
  /** Members on machines of the owner. */
  #avoided: ReadonlySet<PeerName> = NOBODY;
  /** The owner works at more than one machine. */
  #severalMachines = false;
  #members: readonly Member[] = [];
  #roles: RoleBook;
  #membersKey = '';
  #situationKey = '';
  #list: { readonly list: MemberList; readonly hash: Uint8Array } | undefined;
  /** Groups that this peer has no room for (R5). */
  #relieved: Uint8Array = noGroups();
  readonly #stuckWatch: StuckWatch;
  /** Groups of members that lack them and do not fetch them. */
  #stuck: ReadonlyMap<PeerName, Uint8Array> = new Map();

  /** `stuckMs`: how long a member may lack what it could fetch (8.10). */
  constructor(holding: VaultHolding, self: PeerName, stuckMs: number = Number.POSITIVE_INFINITY) {
    this.vault = holding.vault;
    this.holding = holding;
    this.#self = self;
    this.#roles = new RoleBook(this.vault, []);
    this.#stuckWatch = new StuckWatch(stuckMs);
  }

  get members(): readonly Member[] {
    return this.#members;
  }

  get others(): readonly PeerName[] {
    return this.#members.map(({ peer }) => peer).filter((peer) => peer !== this.#self);
  }

  get isMember(): boolean {
    return this.#members.some(({ peer }) => peer === this.#self);
  }

  get copies(): number {
    return this.holding.table.newest()?.table.copies ?? NO_TABLE_COPIES;
  }

  /** What this peer declines. */
  get declines(): Uint8Array {
    return this.#outlook.draining || this.#ruledOut.has(this.#self) ? allGroups() : this.#relieved;
  }

  /** Tags of the owner's machines, as he signed them. */
  get ownMachines(): ReadonlySet<string> {
    return new Set(this.holding.table.newest()?.table.avoid);
  }

  get relieved(): Uint8Array {
    return this.#relieved;
  }

  relieve(groups: Uint8Array): void {
    this.#relieved = groups;
    this.refresh(this.#outlook);
  }

  coHolder(peer: PeerName): CoHolder | undefined {
    return this.#coHolders.get(peer);
  }

  coHolders(): ReadonlyMap<PeerName, CoHolder> {
    return this.#coHolders;
  }

  /** `nowMs`: our own running time. */
  note(peer: PeerName, answer: CompareAnswer, nowMs: number): void {
    const { known, missing, missingMs } = answer;
    const table = known ? (answer.table ?? this.#coHolders.get(peer)?.table) : NO_CHUNKS;
    this.#coHolders.set(peer, { answer: { ...answer, table: undefined }, table });
    const unaware = !known || !bytesEqual(answer.logs, vaultLogsHash(this.holding));
    const live = this.holding.books.liveDigests();
    const lacks = (group: number): boolean => table !== undefined && !this.hasWhole(peer, group, live);
    this.#stuckWatch.heard(peer, { nowMs, missing, missingMs, unaware, lacks });
  }

  /** Members that lack chunks which others have, and have not got on with fetching them for long (8.10). */
  stuck(): readonly PeerName[] {
    return [...this.#stuck.keys()];
  }

  /** Everything that it knows of the logs is known here since. */
  compared(peer: PeerName, nowMs: number): void {
    this.#comparedMs.set(peer, nowMs);
  }

  /**
   * Since when nobody can know of log entries that are not known here, as far as can be told: `enough` co-holders were compared with.
   * A holder that is cut off must not remove what an entry elsewhere may keep alive.
   */
  comparedMs(nowMs: number): number {
    if (this.#members.length === 0) return Number.NEGATIVE_INFINITY; // the table is lost here: others may be members
    if (this.others.length === 0) return nowMs;
    const present = this.others.filter((peer) => this.healthOf(peer) !== 'lost').length;
    const enough = Math.max(1, Math.min(COMPARED_WITH, present));
    const times = this.others.map((peer) => this.#comparedMs.get(peer) ?? Number.NEGATIVE_INFINITY);
    return times.sort((a, b) => b - a)[enough - 1] ?? Number.NEGATIVE_INFINITY;
  }

  healthOf(peer: PeerName): Health {
    return this.#health.get(peer) ?? 'alive';
  }

  /** That enough others proved a chunk to be theirs for ours to be surplus (R3). */
  maySpare(by: ReadonlySet<PeerName>): boolean {
    const { health } = this.#outlook;
    const proved = new Set([...by].filter((peer) => !this.#avoided.has(peer)));
    return maySpare({ self: this.#self, members: this.#members, copies: this.copies, health, proved });
  }

  /** Members whose copies do not count, or will not for long. */
  gone(): ReadonlySet<PeerName> {
    const leaving = (peer: PeerName): boolean =>
      this.#groupsDeclinedBy(peer)?.every((byte) => byte === 0xff) ?? false;
    const names = this.#members.map(({ peer }) => peer);
    return new Set(
      names.filter((peer) => this.healthOf(peer) === 'lost' || !this.isSound(peer) || leaving(peer)),
    );
  }

  /** The owner himself has made it a member. */
  isSigned(peer: PeerName): boolean {
    return this.#members.some((member) => member.peer === peer && !member.recruited);
  }

  /** Answers requests, as far as is known. */
  isLive(peer: PeerName): boolean {
    const health = this.healthOf(peer);
    return health === 'alive' || health === 'suspect';
  }

  isSound(peer: PeerName): boolean {
    return !this.#unsound.has(peer);
  }

  /** Who should have every live chunk of the group (R2). */
  keepers(group: number): readonly PeerName[] {
    return this.#roles.keepers(group, this.#situation);
  }

  /** All candidates for the group, the keepers first. */
  order(group: number): readonly PeerName[] {
    return this.#roles.order(group, this.#situation(group));
  }

  /** Of any member; ours unless said. */
  taskOf(group: number, peer: PeerName = this.#self): 'keeper' | 'extra' | 'none' {
    return this.#roles.taskOf(peer, group, this.#situation);
  }

  /** How many more peers the worst group needs. */
  short(): number {
    if (this.#members.length === 0) return 0;
    let most = 0;
    for (let group = 0; group < GROUPS; group++)
      most = Math.max(most, this.#roles.short(group, this.#situation));
    return most;
  }

  /** The candidates of the group whose candidates lie in the fewest zones (P2). */
  crowded(): readonly Member[] {
    const byName = new Map(this.#members.map((member) => [member.peer, member]));
    let fewest: readonly Member[] | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (let group = 0; group < GROUPS; group++) {
      const candidates = this.order(group).flatMap((peer) => byName.get(peer) ?? []);
      const count = new Set(candidates.map(({ zone }) => zone)).size;
      if (count >= least) continue;
      least = count;
      fewest = candidates;
    }
    return fewest ?? [];
  }

  /** By its word and ours, the peer keeps every live chunk of the group; false also when the logs differ at the moment. */
  hasWhole(peer: PeerName, group: number, live: Uint8Array): boolean {
    const table = this.#coHolders.get(peer)?.table;
    if (!table) return false;
    return sameWord(table, live, group);
  }

  /** What is told to others: the owner's table and the recruits, with their hash. */
  memberList(): { readonly list: MemberList; readonly hash: Uint8Array } {
    const table = this.holding.table.newest()?.bytes;
    const recruits = this.holding.recruits.list();
    const known = this.#list;
    if (known && known.list.table === table && sameItems(known.list.recruits, recruits)) return known;
    const list = { table, recruits };
    this.#list = { list, hash: membersHash(list) };
    return this.#list;
  }

  /** Takes over what changed; roles are computed again only then. */
  refresh(outlook: Outlook): void {
    this.#outlook = outlook;
    this.#unsound = outlook.unsoundIn(this.vault);
    this.#health = outlook.healthWith(this.#reported());
    const table = this.holding.table.newest()?.table;
    const signed = (table?.members ?? []).map((member) => ({ ...member, recruited: false }));
    const names = new Set(signed.map(({ peer }) => peer));
    const recruits = table ? this.holding.recruits.members().filter(({ peer }) => !names.has(peer)) : [];
    const members = [...signed, ...recruits];
    const membersKey = JSON.stringify([table?.copies, members]);
    if (membersKey !== this.#membersKey) {
      this.#membersKey = membersKey;
      this.#members = members;
      this.#roles = new RoleBook(this.vault, members);
      const present = new Set(members.map(({ peer }) => peer));
      for (const peer of this.#coHolders.keys()) {
        if (present.has(peer)) continue;
        this.#coHolders.delete(peer);
        this.#stuckWatch.forget(peer);
      }
      for (const peer of this.#comparedMs.keys()) if (!present.has(peer)) this.#comparedMs.delete(peer);
    }
    const peers = [this.#self, ...this.#members.map(({ peer }) => peer)];
    this.#severalMachines = this.ownMachines.size > 1;
    this.#avoided = peersOnMachines(peers, outlook.machineOf, this.ownMachines);
    this.#stuck = this.#stuckNow();
    const situationKey = this.#keyOfSituation();
    if (situationKey !== this.#situationKey) this.#roles.forgetTasks();
    this.#situationKey = situationKey;
  }

  #stuckNow(): ReadonlyMap<PeerName, Uint8Array> {
    const live = this.holding.books.liveDigests();
    const kept = this.holding.books.keptDigests();
    const sound = this.others.filter((peer) => this.isSound(peer) && this.healthOf(peer) !== 'lost');
    return this.#stuckWatch.groups(
      (peer, group) =>
        sameWord(kept, live, group) ||
        sound.some((other) => other !== peer && this.hasWhole(other, group, live)),
    );
  }

  /** For each member the least silence that all signed members who answer us report of it: one that hears it is enough against it. */
  #reported(): ReadonlyMap<PeerName, number> {
    const least = new Map<PeerName, number>();
    const reports = [...this.#coHolders]
      .filter(([peer]) => this.isSigned(peer) && this.isSound(peer))
      .filter(([peer]) => (this.#outlook.health.get(peer) ?? 'alive') === 'alive')
      .map(([by, { answer }]) => ({
        by,
        said: new Map(answer.silent.map((one) => [one.peer, one.silentMs])),
      }));
    for (const { peer } of this.#members) {
      const said = reports.filter(({ by }) => by !== peer).map((report) => report.said.get(peer) ?? 0);
      if (said.length > 0) least.set(peer, Math.min(...said));
    }
    return least;
  }

  #situation = (group: number): Situation => {
    const names = this.#members.map(({ peer }) => peer);
    return {
      copies: this.copies,
      health: this.#health,
      unsound: this.#unsound,
      declines: new Set(names.filter((peer) => this.#declinesOf(peer, group))),
      lastResort: this.#severalMachines ? this.#avoided : NOBODY,
    };
  };

  #keyOfSituation(): string {
    const of = ({ peer }: Member): string => {
      const declines = this.#groupsDeclinedBy(peer);
      const facts = [this.healthOf(peer), this.isSound(peer), this.#avoided.has(peer)];
      return [...facts, declines ? keyOf(declines) : ''].join();
    };
    return [this.#severalMachines, ...this.#members.map(of)].join(';');
  }

  #declinesOf(peer: PeerName, group: number): boolean {
    const declines = this.#groupsDeclinedBy(peer);
    return declines !== undefined && hasGroup(declines, group);
  }

  /** By its word; all of them when it runs on the machine of the owner; those that it does not get on with as well. */
  #groupsDeclinedBy(peer: PeerName): Uint8Array | undefined {
    if (peer === this.#self) return this.declines;
    if (this.#ruledOut.has(peer)) return ALL_GROUPS;
    const said = this.#coHolders.get(peer)?.answer.declines;
    const stuck = this.#stuck.get(peer);
    return said && stuck ? eitherGroups(said, stuck) : said;
  }

  /**
   * Members on the owner's one machine. An owner who works at several may have few other peers, and what he saves at one is not
   * lost with another: then members on them are the last resort instead.
   */
  get #ruledOut(): ReadonlySet<PeerName> {
    return this.#severalMachines ? NOBODY : this.#avoided;
  }
}

/** Of two tables of digests, what stands for one group. */
function sameWord(a: Uint8Array, b: Uint8Array, group: number): boolean {
  const at = group * WORD_BYTES;
  return bytesEqual(a.subarray(at, at + WORD_BYTES), b.subarray(at, at + WORD_BYTES));
}

function sameItems(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((item, i) => bytesEqual(item, b[i] ?? new Uint8Array(0)));
}
