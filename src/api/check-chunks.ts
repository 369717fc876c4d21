/** What a keeper can check: every chunk that the logs keep alive is on its holders, and, if asked, reads back and is what its name says (R4). */
import { type CheckedChunk, CopyChecker } from '../maintenance/check-copies.ts';
import { CopyCount } from '../maintenance/copy-count.ts';
import { DigestTable } from '../model/digest-table.ts';
import { VaultError } from '../model/errors.ts';
import { cidText, type Digest, type PeerName } from '../model/ids.ts';
import { chooseSubset } from './check-subset.ts';
import type { CheckOptions, CheckProgress, CheckReport } from './upkeep-types.ts';
import { accusedIn, countedHolders, liveDigests } from './vault-status.ts';
import type { PathProblem } from './vault-types.ts';
import type { VaultWork } from './vault-work.ts';

const MAX_ERRORS = 10_000;

type Read = Pick<CheckReport, 'chunksRead' | 'bytesRead' | 'copiesVerified'>;

/** Throws 'usage' for a subset that is none, 'unavailable' when nobody answers. */
export async function checkChunks(work: VaultWork, options: CheckOptions): Promise<CheckReport> {
  const { session, state, home, surroundings, wait } = work;
  const startMs = surroundings.clock.monotonicMs();
  const errors: PathProblem[] = [];
  let errorCount = 0;
  const fault = (path: string, { code, message }: VaultError): void => {
    errorCount++;
    if (errors.length < MAX_ERRORS) errors.push({ path, code, message });
  };
  const tell = (progress: Omit<CheckProgress, 'elapsedMs' | 'errors' | 'stage'>): void => {
    const elapsedMs = surroundings.clock.monotonicMs() - startMs;
    options.onProgress?.({ ...progress, stage: 'data', elapsedMs, errors: errorCount });
  };
  const chunks = new DigestTable();
  for (const digest of liveDigests(state)) chunks.add(digest);
  const all = Array.from({ length: chunks.size }, (_, number) => chunks.at(number));
  const ranking = await session.rank(wait);
  const reached = countedHolders(work, ranking);
  const accused = accusedIn(work, await session.askHolders(wait));
  const holders = reached.filter(({ peer }) => !accused.has(peer));
  const count = await CopyCount.ask(all, holders, wait);
  const claims = accused.size === 0 ? count : await CopyCount.ask(all, reached, wait);
  const answering = new Set(reached.map(({ peer }) => peer).filter((peer) => !claims.silent.includes(peer)));
  const complete =
    accused.size === 0 && session.table?.members.every(({ peer }) => answering.has(peer)) === true;
  for (const digest of count.absent()) fault(cidText(digest), absent(digest, complete));
  const read = await readBack(work, options, { chunks, claims, fault, tell });
  return {
    errors,
    errorCount,
    chunksOnly: true,
    snapshots: 0,
    trees: 0,
    chunks: chunks.size,
    chunksShort: count.short(session.table?.copies ?? home.copies).length,
    ...read,
    durationMs: surroundings.clock.monotonicMs() - startMs,
    ok: errorCount === 0,
  };
}

function absent(digest: Digest, complete: boolean): VaultError {
  const what = complete ? 'is on no holder any more' : 'is on no holder that answers now';
  return new VaultError(complete ? 'lost' : 'unavailable', `chunk ${cidText(digest)} ${what}`);
}

interface Reading {
  readonly chunks: DigestTable;
  readonly claims: CopyCount;
  readonly fault: (path: string, error: VaultError) => void;
  readonly tell: (progress: Omit<CheckProgress, 'elapsedMs' | 'errors' | 'stage'>) => void;
}

async function readBack(work: VaultWork, options: CheckOptions, reading: Reading): Promise<Read> {
  const { readData = false, subset } = options;
  if (!readData && subset === undefined) return { chunksRead: 0, bytesRead: 0, copiesVerified: 0 };
  const { state, session, home, surroundings, wait } = work;
  const { chunks, claims, fault, tell } = reading;
  const sizeOf = (digest: Digest): number => state.chunks.sizeOf(digest);
  const chosen = chooseSubset(chunks, subset, surroundings.random, sizeOf);
  const totalBytes = chosen.reduce((sum, number) => sum + sizeOf(chunks.at(number)), 0);
  let [done, bytesDone] = [0, 0];
  const placeOf = (digest: Digest, peer: PeerName | undefined): string =>
    peer === undefined ? cidText(digest) : session.nameOf(peer);
  const checker = new CopyChecker({
    keys: home.logKeys,
    reader: session.readingStore(),
    proverOf: (peer) => session.remoteOf(peer),
    random: surroundings.random,
    onFault: ({ digest, peer, error }) => fault(placeOf(digest, peer), error),
    onRead: (bytes) => {
      bytesDone += bytes;
      tell({ done: ++done, total: chosen.length, bytesDone, totalBytes });
    },
    ...wait,
  });
  return await checker.check(claimed(chunks, claims, chosen));
}

/** Those that nobody has are reported already. */
function* claimed(chunks: DigestTable, claims: CopyCount, chosen: Uint32Array): Generator<CheckedChunk> {
  for (const number of chosen) {
    const digest = chunks.at(number);
    const holders = claims.holdersOf(digest);
    if (holders.length > 0) yield { digest, holders };
  }
}
