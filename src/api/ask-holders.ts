/** What the holders of a vault say of each other and of their own copies: whom they have not heard, what they are fetching (R1, R2). */
import { isVaultError } from '../model/errors.ts';
import { DIGEST_BYTES, type PeerName } from '../model/ids.ts';
import { convicted } from '../policy/audit-book.ts';
import type { CompareAnswer } from '../protocol/holder-duties.ts';
import type { RemotePeer } from '../protocol/remote-peer.ts';
import type { WaitOptions } from '../store/chunk-store.ts';

export interface HolderView {
  readonly peer: PeerName;
  readonly answer: CompareAnswer;
}

const NOTHING = new Uint8Array(DIGEST_BYTES);

/** Those that keep the vault and answer; in order of names. Never rejects for a peer that does not answer. */
export async function askHolders(
  holders: readonly RemotePeer[],
  { signal }: WaitOptions = {},
): Promise<readonly HolderView[]> {
  const ask = async (remote: RemotePeer): Promise<HolderView | undefined> => {
    try {
      const answer = await remote.compare(
        { members: NOTHING, logs: NOTHING, seen: NOTHING },
        signal ? { signal } : {},
      );
      return answer.known ? { peer: remote.peer, answer } : undefined;
    } catch (error) {
      signal?.throwIfAborted();
      if (!isVaultError(error)) throw error;
      return undefined;
    }
  };
  const views = (await Promise.all(holders.map(ask))).filter((view) => view !== undefined);
  return views.sort((a, b) => (a.peer < b.peer ? -1 : 1));
}

/** Of `away`, which do not answer us: those that at least half of the answering holders call lost too (R1). */
export function lostMembers(away: readonly PeerName[], views: readonly HolderView[]): readonly PeerName[] {
  return away.filter((peer) => {
    const said = views.filter(({ answer }) =>
      answer.silent.some((one) => one.peer === peer && one.lost),
    ).length;
    return said > 0 && said * 2 >= views.length;
  });
}

/** One word is enough only where nobody else could have audited the peer. */
const ACCUSERS_NEEDED = 2;

/**
 * Holders that failed the audits of two others whom the owner signed, or of the only other one (R4): they count as not holding. Nothing is
 * removed for it, so a member that accuses wrongly makes a vault look less safe than it is, never safer.
 */
export function accusedHolders(
  signed: readonly PeerName[],
  views: readonly HolderView[],
): ReadonlySet<PeerName> {
  const judges = views.filter(({ peer }) => signed.includes(peer));
  const accusations = new Map(judges.map(({ peer, answer }) => [peer, answer.accuses] as const));
  const others = (peer: PeerName): number => judges.filter((judge) => judge.peer !== peer).length;
  return convicted(accusations, (peer) => Math.min(ACCUSERS_NEEDED, others(peer)));
}
