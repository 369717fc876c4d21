/** What each role may do (L1, L4): decided in one place, for holders that refuse, readers that disregard, and commands that explain. */
import type { DeviceRole } from '../model/device-role.ts';

/** What a command or a peer wants to do. */
export type Right =
  | 'read' // open chunks: an append-only device its own, a keeper none
  | 'add' // put new chunks, and announce snapshots of them
  | 'take-away' // forget, drop, retire
  | 'admit'; // sign holder tables and certificates, show the secret

const RIGHTS: Readonly<Record<DeviceRole, readonly Right[]>> = {
  full: ['read', 'add', 'take-away', 'admit'],
  'append-only': ['read', 'add'],
  keeper: [],
};

export function allows(role: DeviceRole, right: Right): boolean {
  return RIGHTS[role].includes(right);
}

/** What a log entry does, beside standing in its place. */
export interface EntryDeeds {
  readonly adds: boolean;
  readonly announces: boolean;
  /** Drops chunks or retires a device. */
  readonly takesAway: boolean;
}

/**
 * Why an entry exceeds what its device may write; `undefined` when it does not. An append-only device takes nothing away, not even
 * with the vault's signature; a keeper writes one empty entry, by which it makes itself known.
 */
export function excessOf(role: DeviceRole, sequence: number, deeds: EntryDeeds): string | undefined {
  if (deeds.takesAway && !allows(role, 'take-away'))
    return `it takes something away, and its device is ${role}`;
  if (allows(role, 'add')) return undefined;
  if (deeds.adds || deeds.announces) return `it adds something, and its device is a ${role}`;
  if (sequence > 0) return `the log of a ${role} has one entry`;
  return undefined;
}

/** May a device put this chunk? A keeper only makes copies of what the vault's logs keep alive. */
export function mayPut(role: DeviceRole, isLive: () => boolean): boolean {
  return allows(role, 'add') || isLive();
}
