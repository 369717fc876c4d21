/** May this entry extend that log? Decides it for holders and readers alike, from facts alone (L1, L3, S1). */
import { bytesEqual } from '../model/bytes.ts';
import type { DeviceRole } from '../model/device-role.ts';
import { type DeviceId, type Digest, idText, type VaultId } from '../model/ids.ts';
import { type EntryDeeds, excessOf } from './device-rights.ts';

/** The end of one device's log. */
export interface LogHead {
  /** Sequence number that the next entry must have: the number of entries so far. */
  readonly next: number;
  /** Hash of the last entry. */
  readonly hash: Digest;
}

/** What of an entry the rules look at. Its signatures have been verified: by `device`, and by the vault where it drops (L4). */
export interface EntryFacts {
  readonly vault: VaultId;
  readonly device: DeviceId;
  readonly sequence: number;
  /** Hash of the entry before; none in entry 0. */
  readonly previous: Digest | undefined;
  /** Hash of this entry. */
  readonly hash: Digest;
  /** Whom the certificate in this entry, signed by `certificate.vault`, names; only entry 0 carries one. */
  readonly certificate: { readonly vault: VaultId; readonly device: DeviceId } | undefined;
  /** What the certificate in entry 0 of this log lets its device do. */
  readonly role: DeviceRole;
  readonly deeds: EntryDeeds;
}

/** What is known around the entry's place in the log. */
export interface LogFacts {
  readonly vault: VaultId;
  /** `undefined` for a device never heard of. */
  readonly head: LogHead | undefined;
  /** For an entry whose place is taken (`sequence < head.next`): the hash of what is there. */
  readonly present: Digest | undefined;
}

export type Refusal =
  | 'foreign' // belongs to another vault
  | 'uncertified' // the vault's key has not admitted this device
  | 'gap' // entries before it are missing here
  | 'fork' // its place is taken by another entry
  | 'exceeds' // does what its device's role does not allow
  | 'unchained' // does not name the entry before it
  | 'malformed'; // certificate or predecessor where none belongs, or the reverse

export type Verdict =
  | { readonly kind: 'extends' }
  | { readonly kind: 'known' }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly reason: string };

function refused(refusal: Refusal, reason: string): Verdict {
  return { kind: 'refused', refusal, reason };
}

/** Faults that an entry has by itself, whatever the log is. */
function checkShape(vault: VaultId, entry: EntryFacts): Verdict | undefined {
  if (!bytesEqual(entry.vault, vault)) return refused('foreign', 'it belongs to another vault');
  if (entry.sequence !== 0) {
    if (entry.certificate) return refused('malformed', 'only entry 0 carries a certificate');
    if (!entry.previous) return refused('malformed', 'it does not name the entry before it');
    return undefined;
  }
  if (entry.previous) return refused('malformed', 'entry 0 names an entry before it');
  const { certificate } = entry;
  if (!certificate) return refused('uncertified', 'entry 0 carries no certificate of its device');
  if (!bytesEqual(certificate.vault, vault) || !bytesEqual(certificate.device, entry.device)) {
    return refused('uncertified', 'its certificate is for another device or vault');
  }
  return undefined;
}

/** 'extends': append it. 'known': it is there already. 'refused': not a valid extension, and why. */
export function checkExtension(log: LogFacts, entry: EntryFacts): Verdict {
  const fault = checkShape(log.vault, entry);
  if (fault) return fault;
  const excess = excessOf(entry.role, entry.sequence, entry.deeds);
  if (excess !== undefined) return refused('exceeds', excess);
  const next = log.head?.next ?? 0;
  if (entry.sequence > next) {
    return refused('gap', `entry ${entry.sequence} came, but this log ends before entry ${next}`);
  }
  if (entry.sequence < next) {
    if (log.present && bytesEqual(log.present, entry.hash)) return { kind: 'known' };
    return refused(
      'fork',
      `device ${idText(entry.device)} has signed two different entries ${entry.sequence}`,
    );
  }
  if (log.head && !(entry.previous && bytesEqual(entry.previous, log.head.hash))) {
    return refused('unchained', `entry ${entry.sequence} does not follow the entry that is here`);
  }
  return { kind: 'extends' };
}
