/** Which of many recruitments of a vault count (format.md 16.4): whoever knows the same records chooses the same, whatever their order. */
import { verifyPeer } from '../crypto/peer-key.ts';
import { decodeRecruitment, MAX_RECRUITS, type Recruitment } from '../format/recruitment.ts';
import { bytesEqual, compareBytes } from '../model/bytes.ts';
import { isVaultError } from '../model/errors.ts';
import { keyOf, type PeerName, type VaultId } from '../model/ids.ts';

export interface VerifiedRecruit {
  readonly recruitment: Recruitment;
  readonly bytes: Uint8Array;
}

/** Of encoded recruitments from anybody, those of this vault that their recruiters signed. */
export function verifiedRecruits(list: readonly Uint8Array[], vault: VaultId): readonly VerifiedRecruit[] {
  return list.flatMap((bytes) => verified(bytes, vault) ?? []);
}

function verified(bytes: Uint8Array, vault: VaultId): VerifiedRecruit | undefined {
  try {
    const recruitment = decodeRecruitment(bytes, verifyPeer);
    return bytesEqual(recruitment.vault, vault) ? { recruitment, bytes: bytes.slice() } : undefined;
  } catch (error) {
    if (isVaultError(error, 'corrupt', 'forgery', 'unsupported-version')) return undefined;
    throw error;
  }
}

/**
 * One record for each recruited peer that is not signed in: nearest to the table first, then by name, then by bytes; at most
 * MAX_RECRUITS. The same whatever order the records came in, and whatever was left out before.
 */
export function countingRecruits(
  records: readonly VerifiedRecruit[],
  signed: readonly PeerName[],
): VerifiedRecruit[] {
  const members = new Set<PeerName>(signed);
  const picked: VerifiedRecruit[] = [];
  let left = [...new Map(records.map((record) => [keyOf(record.bytes), record])).values()].sort(
    (a, b) => compareNames(a.recruitment.peer, b.recruitment.peer) || compareBytes(a.bytes, b.bytes),
  );
  for (;;) {
    left = left.filter(({ recruitment }) => !members.has(recruitment.peer));
    const names = new Set<PeerName>();
    const round = left.filter(
      ({ recruitment: { peer, by } }) => members.has(by) && !names.has(peer) && names.add(peer),
    );
    if (round.length === 0 || picked.length >= MAX_RECRUITS) return picked.slice(0, MAX_RECRUITS);
    picked.push(...round);
    for (const name of names) members.add(name);
  }
}

function compareNames(a: PeerName, b: PeerName): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
