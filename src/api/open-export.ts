/** An export opened on a machine that has nothing else: read with a passphrase or the 24 words, and nothing is left behind. */
import { restoreFilter } from '../backup/restore-filter.ts';
import { secretOfWords } from '../crypto/recovery-words.ts';
import { deriveVaultKeys, type VaultKeys } from '../crypto/vault-keys.ts';
import { openSealedKeys } from '../export/export-papers.ts';
import { idText, KEY_BYTES } from '../model/ids.ts';
import { VaultState } from '../vault/vault-state.ts';
import { chooseSnapshot, listedSnapshots } from './choose-snapshots.ts';
import { openPlaces, withExports } from './export-places.ts';
import { type ExportSource, openSource, syncFrom } from './export-source.ts';
import type { ExportSecret, OpenExportOptions } from './export-types.ts';
import type { FromPlaces } from './from-places.ts';
import { listSnapshot } from './list-vault.ts';
import type { ReadingWork } from './reading-work.ts';
import { restoreVault } from './restore-vault.ts';
import type { Surroundings } from './surroundings.ts';
import { systemSurroundings } from './system-surroundings.ts';
import type { VaultReader } from './vault-handle.ts';
import type {
  CommonOptions,
  Listing,
  ListOptions,
  PathProblem,
  RestoreOptions,
  RestoreSummary,
  SnapshotInfo,
  SnapshotsOptions,
} from './vault-types.ts';

/** What the secret opens of the export in these places. Throws 'wrong-passphrase', 'wrong-words', 'not-found'. */
export async function exportKeys(
  from: FromPlaces,
  secret: ExportSecret,
  surroundings: Pick<Surroundings, 'disk' | 'clock'>,
): Promise<VaultKeys> {
  if ('words' in secret) return deriveVaultKeys(secretOfWords(secret.words));
  const places = await withExports(await openPlaces(from, surroundings), () => undefined);
  return openSealedKeys(places, secret.passphrase);
}

/** Throws 'wrong-passphrase', 'wrong-words', 'not-found', 'unsupported-version', 'denied'. */
export async function openExport(
  options: OpenExportOptions,
  surroundings: Surroundings = systemSurroundings,
): Promise<VaultReader> {
  const { from, secret, onWarning: warn = () => undefined, signal } = options;
  const keys = await exportKeys(from, secret, surroundings);
  const source = await openSource(from, keys.vault, surroundings, { warn });
  const { scope } = keys;
  const state = VaultState.open(':memory:', {
    vault: keys.vault,
    device: surroundings.random.bytes(KEY_BYTES),
    ...(scope === undefined ? {} : { scope }),
  });
  const wait = signal ? { signal } : {};
  const opened = new ExportReader({ keys, source, state, surroundings, warn });
  try {
    await syncFrom(source, { state, keys, warn, onAlarm: (alarm) => opened.alarms.push(alarm), ...wait });
    return opened;
  } catch (error) {
    await opened.close();
    throw error;
  }
}

interface Parts {
  readonly keys: VaultKeys;
  readonly source: ExportSource;
  readonly state: VaultState;
  readonly surroundings: Surroundings;
  readonly warn: (message: string) => void;
}

class ExportReader implements VaultReader {
  readonly vaultId: string;
  readonly alarms: { readonly code: PathProblem['code']; readonly message: string }[] = [];
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.vaultId = idText(parts.keys.vault);
  }

  async snapshots(options: SnapshotsOptions = {}): Promise<readonly SnapshotInfo[]> {
    return listedSnapshots(this.#parts.state.snapshots(), options);
  }

  async list(options: ListOptions): Promise<Listing> {
    const record = chooseSnapshot(this.#parts.state.snapshots(), options.snapshot, options);
    return listSnapshot(this.#work(options), record, options);
  }

  async restore(options: RestoreOptions): Promise<RestoreSummary> {
    const record = chooseSnapshot(this.#parts.state.snapshots(), options.snapshot, options);
    const alarms = this.alarms.map(({ code, message }) => ({ path: '', code, message }));
    return restoreVault(this.#work(options), record, { ...options, filter: restoreFilter(options) }, alarms);
  }

  async close(): Promise<void> {
    this.#parts.state.close();
  }

  #work({ signal }: CommonOptions): ReadingWork {
    const { keys, source: session, surroundings, warn } = this.#parts;
    return { home: { keys }, session, surroundings, warn, wait: signal ? { signal } : {} };
  }
}
