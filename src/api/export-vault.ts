/** `vault export`: the vault's chunks, and all it takes to use them, in folders and buckets of their own (X1-X7). */

import { ExportLogs } from '../export/export-logs.ts';
import { removeSealedKeys, vaultsIn, writeMark, writePapers } from '../export/export-papers.ts';
import type { ExportPlace } from '../export/export-place.ts';
import { ExportStore } from '../export/export-store.ts';
import { type FilledPlace, fillExport } from '../export/fill-export.ts';
import { JoinedReader } from '../export/joined-reader.ts';
import { type ExportSurvey, surveyExport } from '../export/survey-export.ts';
import { writeLogs } from '../export/write-logs.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { cidText, idText } from '../model/ids.ts';
import { formatBytes, MiB } from '../model/units.ts';
import { bitsIn, type ExportPlan, planExport, type RoomFacts } from '../policy/export-plan.ts';
import { readHomeFile } from '../vault/vault-home.ts';
import { onOneDisk, openPlaces } from './export-places.ts';
import { syncFrom } from './export-source.ts';
import type { ExportedPlace, ExportOptions, ExportReport } from './export-types.ts';
import type { PathProblem } from './vault-types.ts';
import type { VaultWork } from './vault-work.ts';

/** Left free in each folder for logs and papers, beside what the logs have now. */
const RESERVE_BYTES: number = 8 * MiB;
const MAX_PROBLEMS = 1000;

interface DamagedFile {
  readonly place: ExportPlace;
  readonly digest: Uint8Array;
}

interface Run {
  readonly work: VaultWork;
  readonly options: ExportOptions;
  readonly copies: number;
  readonly places: readonly ExportPlace[];
  readonly stores: readonly ExportStore[];
  /** Found so far. */
  readonly damaged: readonly DamagedFile[];
  readonly problems: PathProblem[];
  readonly startMs: number;
}

/** The books must be up to date with the mesh. Throws 'no-space' before anything is written when it does not fit, 'usage', 'not-found', 'denied', 'forgery'. */
export async function exportVault(work: VaultWork, options: ExportOptions): Promise<ExportReport> {
  const run = await begin(work, options);
  const { state, home, wait, warn } = work;
  for (const place of run.places) await vaultsIn(place); // refuses what another version wrote
  const logs = new ExportLogs({
    vault: home.vault,
    places: run.places,
    onProblem: ({ message }) => warn(`${message}; it is written again`),
  });
  await syncFrom({ logs }, { state, keys: home.logKeys, warn, ...wait });
  const survey = await surveyExport(state.chunks.live(), {
    stores: run.stores,
    verify: options.verify ?? false,
    onProgress: (done, total) => tell(run, 'verify', done, total, 0),
    ...wait,
  });
  const removed = await prune(run, survey);
  const rooms = await roomsOf(run);
  const plan = planExport({ sizes: survey.sizes, held: survey.held, places: rooms, copies: run.copies });
  if (plan.copiesMissing > 0) throw doesNotFit(plan, rooms, run.copies);
  const filled = options.dryRun === true ? rehearsed(run, plan) : await write(run, survey, plan, rooms);
  return report(run, survey, filled, removed);
}

async function begin(work: VaultWork, options: ExportOptions): Promise<Run> {
  const { clock } = work.surroundings;
  const startMs = clock.monotonicMs();
  const places = await openPlaces(options.to, work.surroundings);
  const copies = options.copies ?? 1;
  if (!Number.isInteger(copies) || copies < 1 || copies > places.length) {
    throw new VaultError('usage', `--copies ${copies} needs as many folders: ${places.length} given`, {
      hint: 'Each copy of a chunk lies in another folder. Add --to DIR.',
    });
  }
  if (copies > 1) {
    for (const [one, other] of await onOneDisk(places)) {
      work.warn(`${one} and ${other} lie on one disk: their copies are lost together`);
    }
  }
  const damaged: DamagedFile[] = [];
  const onDamage = (place: ExportPlace, digest: Uint8Array): void => {
    damaged.push({ place, digest: digest.slice() });
    work.warn(`${place.name}: chunk ${cidText(digest)} was damaged there; it is written again`);
  };
  const stores = places.map((place) => new ExportStore(place, work.home.vault, { onDamage }));
  return { work, options, copies, places, stores, damaged, problems: [], startMs };
}

/** First, so that what is not needed any more makes room. Files removed, by folder. */
async function prune(run: Run, { digests }: ExportSurvey): Promise<readonly number[]> {
  const { stores, options, work } = run;
  if (!options.prune) return stores.map(() => 0);
  return Promise.all(
    stores.map(async (store) => {
      let removed = 0;
      for await (const digest of store.list(work.wait)) {
        if (digests.numberOf(digest) !== undefined) continue;
        if (!options.dryRun) await store.remove(digest, work.wait);
        removed++;
      }
      return removed;
    }),
  );
}

/** Folders on one disk share its room. */
async function roomsOf({ places, work }: Run): Promise<readonly RoomFacts[]> {
  const shared = await onOneDisk(places);
  const neighbours = (name: string): number => {
    const groups = shared.filter(([one, other]) => one === name || other === name);
    const first = groups[0]?.[0];
    return 1 + shared.filter(([one]) => one === first).length * (first === undefined ? 0 : 1);
  };
  const entries = work.state.logs.devices().reduce((sum, { next }) => sum + next, 0);
  const reserve = RESERVE_BYTES + work.state.chunks.usage().chunks * 48 + entries * 512;
  return Promise.all(
    places.map(async (place) => {
      const { freeBytes, unitBytes } = await place.room();
      return { freeBytes: Math.max(0, Math.floor(freeBytes / neighbours(place.name)) - reserve), unitBytes };
    }),
  );
}

async function write(
  run: Run,
  survey: ExportSurvey,
  plan: ExportPlan,
  rooms: readonly RoomFacts[],
): Promise<readonly FilledPlace[]> {
  const { work, stores, copies, places } = run;
  for (const [at, place] of places.entries()) {
    await stores[at]?.tidy();
    await writeMark(place, work.home.vault);
  }
  const filled = await fillExport({
    survey,
    plan,
    stores,
    rooms,
    copies,
    reader: new JoinedReader([...stores, work.session.readingStore()]),
    onProgress: ({ copiesDone, copiesTotal, bytesDone }) =>
      tell(run, 'write', copiesDone, copiesTotal, bytesDone),
    onProblem: (path, { code, message }) => complain(run, path, code, message),
    ...work.wait,
  });
  await clearDamaged(run, survey);
  return seal(run, filled);
}

/** What was written again to another folder than where it was damaged: the damaged file has no more use, and would be found each time. */
async function clearDamaged(
  { damaged, stores, copies, work }: Run,
  { digests, held }: ExportSurvey,
): Promise<void> {
  for (const { place, digest } of damaged) {
    const at = stores.findIndex((store) => store.place === place);
    const mask = held[digests.numberOf(digest) ?? -1] ?? 0;
    if (((mask >> at) & 1) === 1 || bitsIn(mask) < copies) continue;
    try {
      await stores[at]?.remove(digest, work.wait);
    } catch (error) {
      work.wait.signal?.throwIfAborted();
      if (!isVaultError(error)) throw error;
      work.warn(`${place.name}: ${error.message}`);
    }
  }
}

/** After the chunks, so that no folder tells of what was not written (X7). */
async function seal(run: Run, filled: readonly FilledPlace[]): Promise<readonly FilledPlace[]> {
  const { work, options, places } = run;
  const { home, state, session, surroundings, wait } = work;
  const sealedKeys = options.withoutKeys ? undefined : await readHomeFile(surroundings.disk, home.folder);
  const table = session.holders().length === 0 ? undefined : await session.exchange.readTable(wait);
  return Promise.all(
    filled.map(async (facts, at): Promise<FilledPlace> => {
      const place = places[at];
      if (!place || facts.state === 'failed') return facts;
      try {
        await writeLogs(place, state, { ...wait, whole: options.verify ?? false });
        await writePapers(place, home, { sealedKeys, table });
        if (options.withoutKeys) await removeSealedKeys(place, home);
        return facts;
      } catch (error) {
        wait.signal?.throwIfAborted();
        if (!isVaultError(error)) throw error;
        complain(run, place.name, error.code, error.message);
        return { ...facts, state: 'failed' };
      }
    }),
  );
}

function rehearsed({ places }: Run, { targets, bytes }: ExportPlan): readonly FilledPlace[] {
  return places.map((_, at) => ({
    chunks: targets.reduce((sum, mask) => sum + ((mask >> at) & 1), 0),
    bytes: bytes[at] ?? 0,
    state: 'ok',
  }));
}

async function report(
  run: Run,
  survey: ExportSurvey,
  filled: readonly FilledPlace[],
  removed: readonly number[],
): Promise<ExportReport> {
  const { work, options, copies, places, problems, startMs } = run;
  const dead = filled.reduce((mask, { state }, at) => (state === 'failed' ? mask | (1 << at) : mask), 0);
  // A folder whose logs could not be written is no part of the export.
  const have = Array.from(survey.held, (mask) => bitsIn(mask & ~dead));
  const rows = await Promise.all(
    places.map(async (place, at): Promise<ExportedPlace> => {
      const facts = filled[at] ?? { chunks: 0, bytes: 0, state: 'failed' as const };
      const freeBytes = await place.room().then(
        (room) => room.freeBytes,
        () => 0,
      );
      return {
        name: place.name,
        chunks: survey.held.reduce((sum, mask) => sum + ((mask >> at) & 1), 0),
        chunksWritten: facts.chunks,
        bytesWritten: facts.bytes,
        chunksRemoved: removed[at] ?? 0,
        freeBytes,
        state: facts.state,
      };
    }),
  );
  return {
    vaultId: idText(work.home.vault),
    dryRun: options.dryRun ?? false,
    places: rows,
    snapshots: work.state.snapshots().length,
    chunks: survey.digests.size,
    bytes: survey.sizes.reduce((sum, size) => sum + size, 0),
    copiesTarget: copies,
    copiesMin: have.reduce((least, each) => Math.min(least, each), copies),
    chunksShort: have.filter((each) => each < copies).length,
    chunksMissing: have.filter((each) => each === 0).length,
    damaged: survey.damaged,
    problems,
    durationMs: work.surroundings.clock.monotonicMs() - startMs,
  };
}

function doesNotFit(plan: ExportPlan, rooms: readonly RoomFacts[], copies: number): VaultError {
  const room = rooms.reduce((sum, { freeBytes }) => sum + freeBytes, 0);
  const planned = plan.bytes.reduce((sum, bytes) => sum + bytes, 0);
  const what = `${formatBytes(planned + plan.bytesMissing)} more have to be written (${copies === 1 ? 'one copy' : `${copies} copies`} of each chunk)`;
  return new VaultError(
    'no-space',
    `the export does not fit: ${what}, and these folders have room for ${formatBytes(room)}; ${formatBytes(plan.bytesMissing)} are missing. Nothing was written`,
    {
      hint: 'Add a folder with --to, ask for fewer copies, or remove with --prune what the vault no longer keeps.',
      data: { needed_bytes: planned + plan.bytesMissing, free_bytes: room, missing_bytes: plan.bytesMissing },
    },
  );
}

function tell(run: Run, stage: 'verify' | 'write', done: number, total: number, bytesDone: number): void {
  const elapsedMs = run.work.surroundings.clock.monotonicMs() - run.startMs;
  run.options.onProgress?.({ elapsedMs, stage, done, total, bytesDone });
}

function complain(run: Run, path: string, code: PathProblem['code'], message: string): void {
  if (run.problems.length < MAX_PROBLEMS) run.problems.push({ path, code, message });
}
