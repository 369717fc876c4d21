/** Brings the client's books up to what the holders show, and raises the alarm when they show less or another past (L3). */
import { canOpen, type LogKeys } from '../crypto/vault-keys.ts';
import { bytesEqual } from '../model/bytes.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { type DeviceId, idText, keyOf, type PeerName } from '../model/ids.ts';
import type { ChunkReader } from '../store/chunk-store.ts';
import { confirmEntries } from './confirm-entries.ts';
import { loadIndexes } from './load-indexes.ts';
import type { DeviceLog } from './log-books.ts';
import type { HolderHeads, LogExchange, LogHead } from './log-exchange.ts';
import {
  certifiedName,
  certifiedRole,
  checkRights,
  decodeEntry,
  openEntry,
  standsAt,
} from './opened-entry.ts';
import { spreadLogs } from './spread-logs.ts';
import type { VaultState } from './vault-state.ts';

export interface SyncOptions {
  readonly state: VaultState;
  /** Without content keys only the logs themselves are followed, not what they announce. */
  readonly keys: LogKeys;
  readonly exchange: LogExchange;
  /** Where index chunks are read from; without it only the logs are synced (enough to list and restore). */
  readonly reader?: ChunkReader;
  /** Gives holders the entries they lack; needs a device that may write. */
  readonly spread?: boolean;
  /** Called for 'rollback' and 'forgery'; without it they are thrown. */
  readonly onAlarm?: (alarm: VaultError) => void;
  readonly signal?: AbortSignal;
}

export interface SyncResult {
  /** Holders that answered. */
  readonly holders: readonly PeerName[];
  /** Log entries that were new here. */
  readonly entries: number;
  /** What was wrong but did not stop the rest: damaged entries and indexes, holders that lie (C7). */
  readonly problems: readonly VaultError[];
}

/** Throws 'unavailable' when no holder answers, 'rollback' and 'forgery' (see `onAlarm`). */
export async function syncLog(options: SyncOptions): Promise<SyncResult> {
  const { exchange, signal } = options;
  const wait = signal ? { signal } : {};
  const shown = await exchange.heads(wait);
  if (shown.length === 0) {
    throw new VaultError('unavailable', 'no holder of this vault answers now', {
      hint: 'Check that the peers are running and reachable, then try again.',
    });
  }
  const problems: VaultError[] = [];
  const onProblem = (problem: VaultError): void => {
    problems.push(problem);
  };
  const run = new LogSync(options, onProblem);
  let entries = 0;
  for (const device of devicesOf(options.state, shown)) {
    entries += await run.device(device, headsOf(shown, device));
  }
  if (options.spread) await spreadLogs({ ...options, shown });
  const { reader, keys } = options;
  if (reader && canOpen(keys)) problems.push(...(await loadIndexes({ ...options, keys, reader })));
  return { holders: shown.map((holder) => holder.peer), entries, problems };
}

interface ShownHead {
  readonly peer: PeerName;
  readonly head: LogHead;
}

class LogSync {
  readonly #options: SyncOptions;
  readonly #onProblem: (problem: VaultError) => void;

  constructor(options: SyncOptions, onProblem: (problem: VaultError) => void) {
    this.#options = options;
    this.#onProblem = onProblem;
  }

  /** Number of new entries of this device. */
  async device(device: DeviceId, heads: readonly ShownHead[]): Promise<number> {
    const local = this.#options.state.logs.device(device);
    const honest: ShownHead[] = [];
    for (const shown of heads) {
      if (await this.#agrees(device, local, shown)) honest.push(shown);
    }
    const known = local?.next ?? 0;
    if (local?.ends !== undefined && local.confirmed >= local.ends) {
      // The rest of its log does not stand; what does is still told by somebody, or hidden from those who come later.
      const shown = longestOf(honest);
      if (shown < local.ends) this.#alarm(rollback({ ...local, confirmed: local.ends }, shown));
      return 0;
    }
    const longest = Math.min(longestOf(honest), local?.ends ?? Number.POSITIVE_INFINITY);
    const proven = longestOf(honest.filter(({ head }) => head.next <= known));
    const pulled = longest > known ? await this.#pull(device, longest) : 0;
    if (pulled > 0) return pulled;
    if (local && proven < local.confirmed) this.#alarm(rollback(local, proven));
    const { state, keys } = this.#options;
    confirmEntries(state, keys, device, proven, this.#onProblem);
    return 0;
  }

  /** Does the head lie on the log as it is remembered here? One that does not is either a lie or a fork. */
  async #agrees(device: DeviceId, local: DeviceLog | undefined, { peer, head }: ShownHead): Promise<boolean> {
    if (!local || head.next === 0 || head.next > local.next) return true;
    const remembered = this.#options.state.logs.hashOf(device, head.next - 1);
    if (remembered && bytesEqual(remembered, head.hash)) return true;
    for await (const bytes of this.#read(device, head.next - 1, head.next)) {
      const entry = this.#guard(() => decodeEntry(bytes, this.#options.keys, device));
      const opened = entry && openEntry(entry, bytes, this.#options.keys, this.#onProblem);
      if (opened && remembered && !bytesEqual(opened.hash, remembered))
        this.#alarm(fork(device, entry.sequence));
    }
    this.#onProblem(
      new VaultError('corrupt', `${peer} shows another log of device ${idText(device)} than it has`),
    );
    return false;
  }

  async #pull(device: DeviceId, upTo: number): Promise<number> {
    const { state } = this.#options;
    const from = state.logs.device(device)?.next ?? 0;
    let pulled = 0;
    for await (const bytes of this.#read(device, from, upTo)) {
      this.#options.signal?.throwIfAborted();
      if (!this.#guard(() => this.#keep(device, bytes))) break;
      pulled++;
    }
    if (from + pulled < upTo) {
      const missing = `${upTo - from - pulled} log entries of device ${idText(device)} could not be read`;
      this.#onProblem(new VaultError('unavailable', missing));
    }
    return pulled;
  }

  /** False when the entry is a fork and the alarm did not stop the run. */
  #keep(device: DeviceId, bytes: Uint8Array): boolean {
    const { state, keys } = this.#options;
    const local = state.logs.device(device);
    const entry = decodeEntry(bytes, keys, device);
    const sequence = local?.next ?? 0;
    if (!standsAt(entry, { device, sequence, previous: sequence > 0 ? local?.hash : undefined })) {
      this.#alarm(fork(device, sequence));
      return false;
    }
    const name = local?.name ?? certifiedName(entry, keys);
    checkRights(entry, sequence === 0 ? certifiedRole(entry) : state.logs.rightsOf(device).role);
    confirmEntries(state, keys, device, sequence, this.#onProblem);
    state.logs.keep(openEntry(entry, bytes, keys, this.#onProblem), name);
    return true;
  }

  async *#read(device: DeviceId, from: number, to: number): AsyncGenerator<Uint8Array> {
    const { exchange, signal } = this.#options;
    try {
      yield* exchange.read(device, from, to, signal ? { signal } : {});
    } catch (error) {
      signal?.throwIfAborted();
      if (!isVaultError(error) || raised.has(error)) throw error;
      this.#onProblem(error);
    }
  }

  /** What a holder gave and cannot be read is a problem of that holder, not the end of the run. */
  #guard<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!isVaultError(error, 'corrupt', 'forgery', 'unsupported-version') || raised.has(error)) throw error;
      this.#onProblem(error);
      return undefined;
    }
  }

  #alarm(alarm: VaultError): void {
    if (!this.#options.onAlarm) throw alarm;
    this.#options.onAlarm(alarm);
  }
}

/** Alarms of this run, to be told from the complaints of a decoder about one entry. */
const raised = new WeakSet<VaultError>();

function rollback(local: DeviceLog, longest: number): VaultError {
  const alarm = new VaultError(
    'rollback',
    `the holders that answer show ${longest} log entries of device "${local.name}"; this machine has seen ${local.confirmed}`,
    {
      hint: 'Either the holders with the newest entries are away, or somebody hides them. Bring the others up before trusting these.',
      data: { device: idText(local.device), shown: longest, remembered: local.confirmed },
    },
  );
  raised.add(alarm);
  return alarm;
}

function fork(device: DeviceId, sequence: number): VaultError {
  const alarm = new VaultError(
    'forgery',
    `two different entries number ${sequence} of device ${idText(device)} carry its signature`,
    {
      hint: 'The device key is used in two places, or was stolen. What was backed up before is unaffected.',
      data: { device: idText(device), sequence },
    },
  );
  raised.add(alarm);
  return alarm;
}

function longestOf(heads: readonly ShownHead[]): number {
  return Math.max(0, ...heads.map(({ head }) => head.next));
}

function devicesOf(state: VaultState, shown: readonly HolderHeads[]): DeviceId[] {
  const devices = new Map(state.logs.devices().map(({ device }) => [keyOf(device), device]));
  for (const { heads } of shown) {
    for (const { device } of heads) devices.set(keyOf(device), device);
  }
  return [...devices.values()];
}

function headsOf(shown: readonly HolderHeads[], device: DeviceId): ShownHead[] {
  return shown.flatMap(({ peer, heads }) =>
    heads.filter((head) => bytesEqual(head.device, device)).map((head) => ({ peer, head })),
  );
}
