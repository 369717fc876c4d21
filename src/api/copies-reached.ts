/** How many copies a new snapshot really has: of what this run sent, and of what it took over from earlier ones. */
import type { BackupResult } from '../backup/backup-options.ts';
import { OpenedChunks } from '../backup/opened-chunks.ts';
import { CopyCount, type CountedHolder } from '../maintenance/copy-count.ts';
import { surveyVault } from '../maintenance/survey.ts';
import type { Digest, PeerName } from '../model/ids.ts';
import type { Ranking } from '../policy/rank-peers.ts';
import type { MeshStore } from '../replication/mesh-store.ts';
import { topUp } from './top-up.ts';
import { countedHolders, liveDigests } from './vault-status.ts';
import type { VaultWork } from './vault-work.ts';

/** Asking for more chunks than this after every backup would cost more than many backups. */
const MAX_COUNTED = 200_000;

/** What holders had of the earlier backups when this one began. */
export interface CopiesBefore {
  readonly count: CopyCount;
  /** Those that answer. Who is away may have its copies still; nobody can tell now, so none of them are counted (S4). */
  readonly holders: readonly CountedHolder[];
  /** Every member answers: what nobody has is lost. */
  readonly complete: boolean;
  /** Holders that failed audits: they may have what they say, but it counts for nothing (R4). */
  readonly accused: ReadonlySet<PeerName>;
}

export interface CopiesInput {
  readonly work: VaultWork;
  readonly ranking: Ranking;
  readonly store: MeshStore;
  readonly result: BackupResult;
  readonly before: CopiesBefore | undefined;
}

/** Members that do not answer, or stopped answering while they were asked. */
function silentMembers({ session }: VaultWork, { leftOut }: Ranking, count: CopyCount): number {
  const away = leftOut.filter(({ reason }) => reason === 'unreachable').map(({ facts }) => facts.peer);
  const silent = new Set([...away, ...count.silent]);
  return session.table?.members.filter(({ peer }) => silent.has(peer)).length ?? 0;
}

/**
 * Chunks that no holder has that answers and can be believed. The others may have them; so this is said only while those are too few
 * to have all copies of anything, and fewer than half: else it is not the chunks that are lost, but the mesh that is asleep.
 */
function nowhere(
  work: VaultWork,
  count: CopyCount,
  { accused, silent }: { readonly accused: ReadonlySet<PeerName>; readonly silent: number },
): readonly Digest[] {
  const members = work.session.table?.members ?? [];
  const doubtful = silent + members.filter(({ peer }) => accused.has(peer)).length;
  if (doubtful >= work.home.copies || (doubtful > 0 && doubtful * 2 >= members.length)) return [];
  return [...liveDigests(work.state)].filter((digest) =>
    count.holdersOf(digest).every((peer) => accused.has(peer)),
  );
}

function least(count: CopyCount): number {
  const found = count.histogram().findIndex((chunks) => chunks > 0);
  return found < 0 ? Number.POSITIVE_INFINITY : found;
}

/** Of the vault's chunks that this snapshot is made of: the fewest copies of any. */
async function exactCopies(input: CopiesInput, holders: readonly CountedHolder[]): Promise<number> {
  const { work, result, store } = input;
  const record = work.state.snapshots().find(({ id }) => id === result.snapshotId);
  if (record === undefined) return 0;
  const { snapshots } = await surveyVault({
    snapshots: [{ id: record.id, root: record.snapshot.root, logHolders: holders }],
    liveChunks: liveDigests(work.state),
    holders,
    chunks: new OpenedChunks(store, work.home.keys),
    ...work.wait,
  });
  return snapshots[0]?.copiesMin ?? 0;
}

/**
 * Counts the chunks of earlier backups before a new one refers to them, and has those sent again that nobody seems to have any more.
 * `undefined` when there are too many to ask for after every backup.
 */
export async function countBefore(
  work: VaultWork,
  ranking: Ranking,
  accused: ReadonlySet<PeerName>,
): Promise<CopiesBefore | undefined> {
  const { state, wait, warn } = work;
  if (state.chunks.usage().chunks > MAX_COUNTED) {
    warn(
      'the copies of chunks from earlier backups are not counted, because there are so many: see "vault status"',
    );
    return undefined;
  }
  const holders = countedHolders(work, ranking);
  const count = await CopyCount.ask(liveDigests(state), holders, wait);
  const silent = silentMembers(work, ranking, count);
  const missing = accused.size > 0 || least(count) === 0 ? nowhere(work, count, { accused, silent }) : [];
  if (missing.length > 0) {
    state.chunks.markLost(missing);
    const who =
      silent === 0 && accused.size === 0
        ? 'lost on all holders'
        : 'on no holder that answers and is believed';
    warn(
      `${missing.length} chunks of earlier backups are ${who}; what the source still has of them is sent again`,
    );
  }
  return { count, holders, complete: silent === 0, accused };
}

/** Logs are kept by everybody who takes them; only members' copies count, and none on the owner's own machine (P2). */
function countedLogs({ work, ranking, result, before }: CopiesInput): number {
  // Nothing was committed: before it was decided so, every holder that answers was given all logs.
  if (result.skipped) return before?.holders.length ?? ranking.ranked.length;
  return countedHoldersOf(work, ranking, result.logHolders).length;
}

/** Of some holders those whose copies count: members, not on the owner's own machine (P2). */
export function countedHoldersOf(
  { session }: Pick<VaultWork, 'session'>,
  { leftOut }: Ranking,
  holders: readonly PeerName[],
): readonly PeerName[] {
  const own = leftOut.filter(({ reason }) => reason === 'this-machine').map(({ facts }) => facts.peer);
  const members = session.table?.members.map(({ peer }) => peer) ?? [];
  return holders.filter((peer) => members.includes(peer) && !own.includes(peer));
}

/** At most what the vault asks for. Tops up chunks of earlier runs first, when every member answers. */
export async function copiesReached(input: CopiesInput): Promise<number> {
  const { work, ranking, store, result, before } = input;
  const { copies } = work.home;
  const ofRun = Math.min(copies, countedLogs(input), result.copiesMin ?? copies);
  if (before === undefined || (before.accused.size === 0 && least(before.count) >= copies)) return ofRun;
  if (before.complete && ranking.ranked.length >= copies) {
    const chunks = work.state.chunks.live();
    await topUp({ chunks, count: before.count, copies, store, ...work.wait });
  }
  const holders = before.holders.filter(({ peer }) => !before.accused.has(peer));
  return Math.min(ofRun, await exactCopies(input, holders));
}
