/** Whose task each group of a vault is, computed when asked for and remembered in little room: for thousands of vaults, or members (R2). */
import type { PeerName, VaultId } from '../model/ids.ts';
import { type Member, type Roles, raceOf, rolesInRace, type Situation } from '../policy/roles.ts';

/** What of the roles is remembered; names are numbers of members. */
interface Tasks {
  readonly keepers: Uint16Array;
  readonly extras: Uint16Array;
  readonly short: number;
}

export class RoleBook {
  readonly #vault: VaultId;
  readonly #members: readonly Member[];
  readonly #numbers: ReadonlyMap<PeerName, number>;
  /** For each group the members in the order of its race. */
  readonly #races: Uint16Array[] = [];
  #tasks: Tasks[] = [];

  /** The races depend on the members only; with others it is another book. */
  constructor(vault: VaultId, members: readonly Member[]) {
    this.#vault = vault;
    this.#members = members;
    this.#numbers = new Map(members.map(({ peer }, number) => [peer, number]));
  }

  /** The situation has changed. */
  forgetTasks(): void {
    this.#tasks = [];
  }

  keepers(group: number, situation: (group: number) => Situation): readonly PeerName[] {
    return this.#namesOf(this.#tasksOf(group, situation).keepers);
  }

  extras(group: number, situation: (group: number) => Situation): readonly PeerName[] {
    return this.#namesOf(this.#tasksOf(group, situation).extras);
  }

  short(group: number, situation: (group: number) => Situation): number {
    return this.#tasksOf(group, situation).short;
  }

  /** All candidates in order. Not remembered. */
  order(group: number, situation: Situation): readonly PeerName[] {
    return rolesInRace(this.#race(group), situation).order;
  }

  taskOf(
    peer: PeerName,
    group: number,
    situation: (group: number) => Situation,
  ): 'keeper' | 'extra' | 'none' {
    const number = this.#numbers.get(peer);
    if (number === undefined) return 'none';
    const { keepers, extras } = this.#tasksOf(group, situation);
    if (keepers.includes(number)) return 'keeper';
    return extras.includes(number) ? 'extra' : 'none';
  }

  #tasksOf(group: number, situation: (group: number) => Situation): Tasks {
    const known = this.#tasks[group];
    if (known) return known;
    const roles: Roles = rolesInRace(this.#race(group), situation(group));
    const tasks = {
      keepers: this.#numbersOf(roles.keepers),
      extras: this.#numbersOf(roles.extras),
      short: roles.short,
    };
    this.#tasks[group] = tasks;
    return tasks;
  }

  #race(group: number): readonly Member[] {
    const known = this.#races[group];
    if (known) return [...known].flatMap((number) => this.#members[number] ?? []);
    const race = raceOf(this.#vault, group, this.#members);
    this.#races[group] = this.#numbersOf(race.map(({ peer }) => peer));
    return race;
  }

  #numbersOf(peers: readonly PeerName[]): Uint16Array {
    return Uint16Array.from(peers, (peer) => this.#numbers.get(peer) ?? 0);
  }

  #namesOf(numbers: Uint16Array): readonly PeerName[] {
    return [...numbers].flatMap((number) => this.#members[number]?.peer ?? []);
  }
}
