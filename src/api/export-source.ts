/** An export to read from: its folders as one store, its logs as holders, and behind them, if there is one, the mesh. */
import type { LogKeys } from '../crypto/vault-keys.ts';
import { ExportLogs } from '../export/export-logs.ts';
import { vaultsIn } from '../export/export-papers.ts';
import type { ExportPlace } from '../export/export-place.ts';
import { ExportStore } from '../export/export-store.ts';
import { JoinedReader, type ReadFrom } from '../export/joined-reader.ts';
import { bytesEqual } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import { cidText, type Digest, idText, type VaultId } from '../model/ids.ts';
import type { ChunkReader, WaitOptions } from '../store/chunk-store.ts';
import { syncLog } from '../vault/sync-log.ts';
import type { VaultState } from '../vault/vault-state.ts';
import { openPlaces, withExports } from './export-places.ts';
import type { FromPlaces } from './from-places.ts';
import type { ReadingSession, ReadingStore } from './reading-work.ts';
import type { Surroundings } from './surroundings.ts';

export interface SourceOptions {
  readonly warn: (message: string) => void;
  /** Asked for what no folder has; opened when that happens. Default: what no folder has is unavailable. */
  readonly behind?: () => Promise<ReadingSession>;
}

export class ExportSource implements ReadingSession {
  readonly places: readonly ExportPlace[];
  readonly logs: ExportLogs;
  readonly #stores: readonly ExportStore[];
  readonly #given = new Map<string, number>();
  readonly #behind: SourceOptions['behind'];
  #mesh: Promise<{ session: ReadingSession; store: ReadingStore }> | undefined;
  #opened: { session: ReadingSession; store: ReadingStore } | undefined;

  constructor(places: readonly ExportPlace[], vault: VaultId, { warn, behind }: SourceOptions) {
    this.places = places;
    this.#behind = behind;
    this.logs = new ExportLogs({ vault, places, onProblem: ({ message }) => warn(message) });
    const onDamage = (place: ExportPlace, digest: Digest): void =>
      warn(`${place.name}: chunk ${cidText(digest)} is damaged there; another copy is looked for`);
    this.#stores = places.map((place) => new ExportStore(place, vault, { onDamage }));
  }

  /** Neighbouring chunks come from different sticks, and from a bucket only what no stick has. */
  readingStore(): ReadingStore {
    const isFar = ({ place }: ExportStore): boolean => place.name.startsWith('s3:');
    const near = this.#stores.filter((store) => !isFar(store)).map((store) => this.#counting(store));
    const far = this.#stores.filter(isFar).map((store) => this.#counting(store));
    const last: ReadFrom = this.#behind ? async () => (await this.#join()).store : nowhereElse;
    const reader = new JoinedReader((digest) => {
      const turn = near.length === 0 ? 0 : (digest[1] ?? 0) % near.length;
      return [...near.slice(turn), ...near.slice(0, turn), ...far, last];
    });
    return {
      get: (digest, wait) => reader.get(digest, wait),
      stats: () => [
        ...[...this.#given].map(([peer, getChunks]) => ({ peer, getChunks, putChunks: 0 })),
        ...(this.#opened?.store.stats() ?? []),
      ],
    };
  }

  learnNames(): void {
    // Folders are called what they are.
  }

  nameOf(peer: string): string {
    return this.#given.has(peer) ? peer : (this.#opened?.session.nameOf(peer) ?? peer);
  }

  /** Once, also when it fails: the wait for a mesh that is not there is not repeated for every chunk. */
  #join(): Promise<{ session: ReadingSession; store: ReadingStore }> {
    this.#mesh ??= (async () => {
      const session = await (this.#behind?.() ?? Promise.resolve(this));
      session.learnNames();
      this.#opened = { session, store: session.readingStore() };
      return this.#opened;
    })();
    return this.#mesh;
  }

  #counting(store: ExportStore): ChunkReader {
    const { name } = store.place;
    return {
      get: async (digest: Digest, wait?: WaitOptions) => {
        const bytes = await store.get(digest, wait);
        if (bytes) this.#given.set(name, (this.#given.get(name) ?? 0) + 1);
        return bytes;
      },
    };
  }
}

/** What no folder has is not lost: somebody may have the missing stick. */
const nowhereElse: ChunkReader = {
  get: async (digest) => {
    const message = `none of these folders has chunk ${cidText(digest)}; give all folders of the export with --from`;
    throw new VaultError('unavailable', message);
  },
};

/** Throws 'not-found' when none of the places has an export of this vault. */
export async function openSource(
  from: FromPlaces,
  vault: VaultId,
  surroundings: Pick<Surroundings, 'disk' | 'clock'>,
  options: SourceOptions,
): Promise<ExportSource> {
  const places = await withExports(await openPlaces(from, surroundings), options.warn);
  const ours: ExportPlace[] = [];
  for (const place of places) {
    if ((await vaultsIn(place)).some((each) => bytesEqual(each, vault))) ours.push(place);
  }
  if (ours.length > 0) return new ExportSource(ours, vault, options);
  throw new VaultError('not-found', `there is no export of vault ${idText(vault)} in these folders`, {
    hint: 'They hold another vault. On a machine with a vault of its own, set VAULT_HOME to an empty folder to read them.',
  });
}

export interface SyncFromOptions extends WaitOptions {
  readonly state: VaultState;
  readonly keys: LogKeys;
  readonly warn: (message: string) => void;
  /** Hears of forks; without it they are thrown. */
  readonly onAlarm?: (alarm: VaultError) => void;
  readonly reader?: ChunkReader;
}

/**
 * Takes over what the logs of an export tell. An export is older than what a machine knows more often than not, so that it shows less is
 * no alarm.
 */
export async function syncFrom(
  { logs }: Pick<ExportSource, 'logs'>,
  options: SyncFromOptions,
): Promise<void> {
  const { warn, onAlarm, ...rest } = options;
  const result = await syncLog({
    ...rest,
    exchange: logs,
    onAlarm: (alarm) => {
      if (alarm.code === 'rollback') return;
      if (!onAlarm) throw alarm;
      onAlarm(alarm);
    },
  });
  for (const { message } of result.problems) warn(message);
}
