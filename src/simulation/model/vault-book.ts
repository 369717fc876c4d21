/** The vaults of the model: their holder tables, kept up by the same pure code as in the product, and the races of their groups. */
import { GROUPS, type PeerName, type VaultId } from '../../model/ids.ts';
import { arrivalOf } from '../../policy/placement.ts';
import { type RankedPeer, rankPeers } from '../../policy/rank-peers.ts';
import { chooseRecruits } from '../../policy/recruit-plan.ts';
import { type Member, type Roles, raceOf, rolesInRace, type Situation } from '../../policy/roles.ts';
import { planTable, type TablePlan, weightOfScore } from '../../policy/table-plan.ts';
import type { SeededRandom } from '../../runtime/seeded-random.ts';
import type { ModelSettings } from './model-settings.ts';
import { factsOf, type ModelPeer, type Population } from './population.ts';

export interface ModelVault {
  readonly number: number;
  readonly id: VaultId;
  readonly ownerComes: boolean;
  readonly groupBytes: number;
  table: TablePlan;
  /** Of the table and recruited. */
  members: readonly Member[];
  /** For each member its arrival in each group's race: hashing is what costs. */
  readonly arrivals: Map<PeerName, Float64Array>;
  /** For each group its race, as positions in `members`. */
  races: Uint16Array;
}

const ID_BYTES = 32;
/** Recruits are chosen among so many peers. */
const RECRUIT_CHOICE = 16;

export class VaultBook {
  readonly vaults: readonly ModelVault[];
  readonly #settings: ModelSettings;
  readonly #population: Population;

  constructor(settings: ModelSettings, population: Population, random: SeededRandom) {
    this.#settings = settings;
    this.#population = population;
    this.vaults = Array.from({ length: settings.vaults }, (_, number) => {
      const ownerComes = random.fraction() >= settings.absentOwners;
      const id = random.bytes(ID_BYTES);
      const groupBytes = settings.vaultBytes / GROUPS;
      const table = { version: 0, copies: settings.copies, members: [] };
      const races = new Uint16Array(0);
      return { number, id, ownerComes, groupBytes, table, members: [], arrivals: new Map(), races };
    });
    for (const vault of this.vaults) this.renewTable(vault, () => false);
  }

  /** What the owner does when he comes by: lost members leave, the best of those he meets join. False when nothing changed. */
  renewTable(vault: ModelVault, isLost: (peer: ModelPeer) => boolean): boolean {
    const { copies, members: wanted } = this.#settings;
    const kept = vault.table.members.filter(({ peer }) => !isLost(this.#peer(peer)));
    const joining = this.#joining(vault, wanted - kept.length);
    if (kept.length === vault.table.members.length && joining.length === 0) return false;
    vault.table = planTable({ ...vault.table, members: kept }, joining, copies);
    const signed = new Set(vault.table.members.map(({ peer }) => peer));
    const recruits = vault.members.filter(({ peer, recruited }) => recruited && !signed.has(peer));
    const members = vault.table.members.map((member) => ({ ...member, recruited: false }));
    this.#setMembers(vault, [...members, ...recruits.filter(({ peer }) => !isLost(this.#peer(peer)))]);
    return true;
  }

  /** What the members do while the owner is off and too few of them are left (R2). False when nobody was found. */
  recruit(vault: ModelVault, short: number): boolean {
    const names = new Set(vault.members.map(({ peer }) => peer));
    const ranking = rankPeers(this.#population.sample(RECRUIT_CHOICE, names));
    const chosen = chooseRecruits({ ranking, members: vault.members, wanted: short });
    if (chosen.length === 0) return false;
    const recruits = chosen.map(({ facts, score }) => {
      return { peer: facts.peer, zone: facts.zone, weight: weightOfScore(score), recruited: true };
    });
    this.#setMembers(vault, [...vault.members, ...recruits]);
    return true;
  }

  /** The same decision as every holder's. `group` is the placement group, 0 to 255. */
  roles(vault: ModelVault, group: number, situation: Situation): Roles {
    return rolesInRace(this.#race(vault, group), situation);
  }

  #race(vault: ModelVault, group: number): readonly Member[] {
    const { members, races } = vault;
    const race: Member[] = [];
    for (const at of races.subarray(group * members.length, (group + 1) * members.length)) {
      const member = members[at];
      if (member) race.push(member);
    }
    return race;
  }

  /** Strangers, ranked among the members there are: their weights are to compare with those of the others. */
  #joining(vault: ModelVault, needed: number): readonly RankedPeer[] {
    if (needed <= 0) return [];
    const names = new Set(vault.members.map(({ peer }) => peer));
    const members = [...names].map((name) => this.#peer(name)).filter(({ up }) => up);
    const candidates = [...members.map(factsOf), ...this.#population.sample(needed, names)];
    return rankPeers(candidates).ranked.filter(({ facts }) => !names.has(facts.peer));
  }

  #setMembers(vault: ModelVault, members: readonly Member[]): void {
    const names = new Set(members.map(({ peer }) => peer));
    for (const { peer } of vault.members) if (!names.has(peer)) this.#leave(vault, peer);
    for (const member of members) if (!vault.arrivals.has(member.peer)) this.#enter(vault, member);
    vault.members = members;
    vault.races = new Uint16Array(GROUPS * members.length);
    const places = new Map(members.map(({ peer }, place) => [peer, place]));
    for (let group = 0; group < GROUPS; group++) {
      const arrival = ({ peer }: Member): number => vault.arrivals.get(peer)?.[group] ?? 0;
      const race = raceOf(vault.id, group, members, arrival);
      vault.races.set(
        race.map(({ peer }) => places.get(peer) ?? 0),
        group * members.length,
      );
    }
  }

  #enter(vault: ModelVault, member: Member): void {
    const arrivals = new Float64Array(GROUPS);
    for (let group = 0; group < GROUPS; group++) arrivals[group] = arrivalOf(member, vault.id, group);
    vault.arrivals.set(member.peer, arrivals);
    this.#peer(member.peer).vaults.add(vault.number);
  }

  #leave(vault: ModelVault, name: PeerName): void {
    vault.arrivals.delete(name);
    // `vaults` keeps it: it may still have copies to trim, and forgets the vault by itself when it has none.
  }

  #peer(name: PeerName): ModelPeer {
    return this.#population.at(this.#population.numberOf(name));
  }
}
