/**
 * A holder's copy of all device logs of one vault: only valid extensions get in, and they are durable before `append` resolves (L1, L3).
 *
 * Layout below `folder` (one vault's `logs`): <device as base32>/<number, 10 digits>, one file per entry;
 * quarantine/<device>.<number> for a damaged one (log-evidence.ts), after which this log ends before it (is *cut*) until somebody sends
 * it again.
 */
import { verify } from '../crypto/ed25519.ts';
import { decodeCertificate, roleOf } from '../format/certificate.ts';
import {
  decodeLogEntry,
  dropsSomething,
  entryHash,
  type LogEntry,
  MAX_ENTRY_BYTES,
} from '../format/log-entry.ts';
import { trusted } from '../format/readable.ts';
import { bytesEqual } from '../model/bytes.ts';
import type { DeviceRole } from '../model/device-role.ts';
import { type ErrorCode, isVaultError, VaultError } from '../model/errors.ts';
import { type DeviceId, type Digest, idText, keyOf, type VaultId } from '../model/ids.ts';
import { checkExtension, type EntryFacts, type LogHead, type Refusal } from '../policy/log-rules.ts';
import type { Disk } from '../runtime/disk.ts';
import type { Admit } from './budget.ts';
import { KeyedLock } from './keyed-lock.ts';
import { LogEvidence } from './log-evidence.ts';
import { entryPath, listDevices } from './log-files.ts';
import type { Release } from './quota.ts';

export interface DeviceHead extends LogHead {
  readonly device: DeviceId;
}

export interface LogUsage {
  readonly devices: number;
  readonly entries: number;
  readonly bytes: number;
}

export interface LogStoreOptions {
  /** Reserves room before an entry is written. Default: no limit. */
  readonly admit?: Admit;
  /** Told of each damaged entry, after it has been quarantined. */
  readonly onDamage?: (device: DeviceId, sequence: number) => void;
  /** Told of each entry that was added, in the order of its log, before `append` resolves. */
  readonly onAdded?: (entry: LogEntry, hash: Digest) => void;
  /** Where the log of a retired device ends: entries from there on are refused. Default: nobody is retired. */
  readonly retired?: (device: DeviceId) => { readonly next: number } | undefined;
}

interface Found {
  readonly bytes: Uint8Array;
  readonly hash: Digest;
}

const CODES: Readonly<Record<Refusal, ErrorCode>> = {
  foreign: 'forgery',
  uncertified: 'forgery',
  malformed: 'corrupt',
  exceeds: 'denied',
  gap: 'not-found',
  fork: 'rollback',
  unchained: 'rollback',
};

const HINTS: Partial<Readonly<Record<Refusal, string>>> = {
  gap: 'Send the entries before it first.',
  exceeds: 'Do it from a full device of the vault.',
};

export class LogStore {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #vault: VaultId;
  readonly #options: LogStoreOptions;
  readonly #heads = new Map<string, DeviceHead>();
  /** From entry 0 of each log that was asked for. */
  readonly #roles = new Map<string, DeviceRole>();
  /** Appends and reads that change a log, one at a time per device. */
  readonly #locks = new KeyedLock();
  /** Devices in whose folder this process has written: all earlier entries there are durable then. */
  readonly #settled = new Set<string>();
  /** How far each log is known to have gone, damaged entries included. */
  readonly #reached = new Map<string, { readonly device: DeviceId; readonly next: number }>();
  readonly #evidence: LogEvidence;
  #entries = 0;
  #bytes = 0;

  private constructor(disk: Disk, folder: string, vault: VaultId, options: LogStoreOptions) {
    this.#evidence = new LogEvidence(disk, folder);
    this.#disk = disk;
    this.#folder = folder;
    this.#vault = vault;
    this.#options = options;
  }

  /** For a vault that has no folder yet. */
  static empty(disk: Disk, folder: string, vault: VaultId, options: LogStoreOptions = {}): LogStore {
    return new LogStore(disk, folder, vault, options);
  }

  /** Sweeps what cut-off writes left, and finds the end of every log. Entries are verified again when they are read. */
  static async open(
    disk: Disk,
    folder: string,
    vault: VaultId,
    options: LogStoreOptions = {},
  ): Promise<LogStore> {
    await disk.sweep(folder);
    const store = new LogStore(disk, folder, vault, options);
    for (const { device, next, reached, entries, bytes } of await listDevices(disk, folder)) {
      store.#entries += entries;
      store.#bytes += bytes;
      store.#reach(device, reached);
      await store.#endAt(device, next);
    }
    for (const { device, sequence } of await store.#evidence.load()) store.#reach(device, sequence + 1);
    return store;
  }

  /** The end of every device's log, in no particular order. */
  heads(): readonly DeviceHead[] {
    return [...this.#heads.values()];
  }

  /**
   * Does some log end before an entry that was here once? Until it is sent again, what that entry added or dropped may be unknown:
   * nothing may be deleted on the word of logs like these.
   */
  cut(): boolean {
    for (const { device, next } of this.#reached.values()) {
      const end = Math.min(next, this.#options.retired?.(device)?.next ?? next);
      if ((this.#heads.get(keyOf(device))?.next ?? 0) < end) return true;
    }
    return false;
  }

  usage(): LogUsage {
    return { devices: this.#heads.size, entries: this.#entries, bytes: this.#bytes };
  }

  /** All that they take on the disk: entries, and damaged ones in quarantine. */
  heldBytes(): number {
    return this.#bytes + this.#evidence.bytes;
  }

  /**
   * Entries of `device` from number `from` on, in order: as many as fit into `maxBytes`, but at least one if there is one.
   * Throws 'corrupt' when that one is damaged: it is quarantined, and the log ends before it until it is sent again.
   */
  async read(device: DeviceId, from: number, maxBytes: number): Promise<Uint8Array[]> {
    const entries: Uint8Array[] = [];
    let room = maxBytes;
    const end = this.#heads.get(keyOf(device))?.next ?? 0;
    for (let sequence = from; sequence < end; sequence++) {
      const found = await this.#locks.run(keyOf(device), () => this.#readOr(device, sequence));
      if (!found && entries.length === 0) throw this.#damagedEntry(device, sequence);
      if (!found || (entries.length > 0 && found.bytes.length > room)) break;
      entries.push(found.bytes);
      room -= found.bytes.length;
    }
    return entries;
  }

  /**
   * Resolves when the entry is durable. Throws 'corrupt' or 'forgery' (not a valid entry of this vault), 'not-found' (entries before
   * it are missing here: send those first), 'rollback' (this log goes on differently here: a fork), 'denied' (its device was retired
   * before this entry), 'no-space'.
   */
  async append(bytes: Uint8Array): Promise<'added' | 'known'> {
    const entry = decodeLogEntry(bytes, verify);
    return this.#locks.run(keyOf(entry.device), async () => {
      const facts = factsOf(entry, bytes, await this.#roleFor(entry));
      const present = await this.#presentAt(facts);
      const head = this.#heads.get(keyOf(entry.device));
      const verdict = checkExtension({ vault: this.#vault, head, present }, facts);
      if (verdict.kind === 'refused') throw refusalError(verdict.refusal, verdict.reason, head);
      if (verdict.kind === 'known' && this.#settled.has(keyOf(entry.device))) return 'known';
      if (verdict.kind === 'extends') this.#checkRetired(entry);
      await this.#write(entry, bytes);
      if (verdict.kind === 'known') return 'known';
      this.#heads.set(keyOf(entry.device), {
        device: entry.device.slice(),
        next: entry.sequence + 1,
        hash: facts.hash,
      });
      this.#reach(entry.device, entry.sequence + 1);
      this.#options.onAdded?.(entry, facts.hash);
      return 'added';
    });
  }

  /** A log that does not begin here says nothing; the rules refuse its entries anyway. */
  async #roleFor({ device, certificate }: LogEntry): Promise<DeviceRole> {
    if (certificate) return roleOf(decodeCertificate(certificate, trusted));
    const known = this.#roles.get(keyOf(device));
    if (known) return known;
    const first = await this.#readOr(device, 0);
    // reading has verified it
    const begun = first && decodeLogEntry(first.bytes, trusted).certificate;
    if (!begun) return 'full';
    const role = roleOf(decodeCertificate(begun, trusted));
    this.#roles.set(keyOf(device), role);
    return role;
  }

  #checkRetired({ device, sequence }: LogEntry): void {
    const retired = this.#options.retired?.(device);
    if (!retired || sequence < retired.next) return;
    throw new VaultError(
      'denied',
      `device ${idText(device)} has been retired by its vault: its entry ${sequence} was refused and not stored`,
      {
        hint: 'Nothing that this device backs up is kept any more; join the vault anew, as a new device.',
        data: { device: idText(device), next: retired.next },
      },
    );
  }

  /** Hash of what lies in the entry's place, when that is taken. */
  async #presentAt(facts: EntryFacts): Promise<Digest | undefined> {
    const next = this.#heads.get(keyOf(facts.device))?.next ?? 0;
    if (facts.sequence >= next) return undefined;
    return (await this.#readOr(facts.device, facts.sequence))?.hash;
  }

  async #write(entry: LogEntry, bytes: Uint8Array): Promise<void> {
    const path = entryPath(this.#folder, entry.device, entry.sequence);
    const before = (await this.#disk.stat(path))?.size;
    const release = await this.#admit(bytes.length);
    let after = before; // what the books keep saying should the look after a failure fail too
    try {
      await this.#disk.write(path, [bytes]);
      this.#settled.add(keyOf(entry.device));
      after = bytes.length;
    } catch (error) {
      after = (await this.#disk.stat(path))?.size;
      throw error;
    } finally {
      this.#count(before, -1);
      this.#count(after, 1);
      release?.();
    }
  }

  /** Evidence of damage gives way to entries. */
  async #admit(bytes: number): Promise<Release | undefined> {
    try {
      return await this.#options.admit?.(bytes);
    } catch (error) {
      if (!isVaultError(error, 'no-space') || !(await this.#evidence.clear())) throw error;
      return await this.#options.admit?.(bytes);
    }
  }

  /** A verified entry; `undefined` when it is absent or damaged: then the log has been cut before it. */
  async #readOr(device: DeviceId, sequence: number): Promise<Found | undefined> {
    const path = entryPath(this.#folder, device, sequence);
    const bytes = await this.#readFile(path, device, sequence);
    if (bytes) return { bytes, hash: entryHash(bytes) };
    const size = (await this.#disk.stat(path))?.size;
    if (size !== undefined) {
      await this.#evidence.keep({ device, sequence }, path);
      this.#count(size, -1);
    }
    this.#options.onDamage?.(device, sequence);
    const head = this.#heads.get(keyOf(device));
    if (head && sequence < head.next) await this.#endAt(device, sequence);
    return undefined;
  }

  async #readFile(path: string, device: DeviceId, sequence: number): Promise<Uint8Array | undefined> {
    try {
      const bytes = await this.#disk.read(path, MAX_ENTRY_BYTES);
      if (!bytes) return undefined;
      const entry = decodeLogEntry(bytes, verify);
      const inPlace = bytesEqual(entry.vault, this.#vault) && bytesEqual(entry.device, device);
      return inPlace && entry.sequence === sequence ? bytes : undefined;
    } catch (error) {
      if (isVaultError(error, 'corrupt', 'forgery')) return undefined;
      throw error;
    }
  }

  /** Lets the log of `device` end before `next`, or earlier where its last entries are damaged. */
  async #endAt(device: DeviceId, next: number): Promise<void> {
    this.#heads.delete(keyOf(device));
    for (let last = next - 1; last >= 0; last--) {
      const found = await this.#readOr(device, last);
      if (!found) continue;
      this.#heads.set(keyOf(device), { device: device.slice(), next: last + 1, hash: found.hash });
      return;
    }
  }

  #damagedEntry(device: DeviceId, sequence: number): VaultError {
    return new VaultError(
      'corrupt',
      `entry ${sequence} of the log of device ${idText(device)} was damaged here; it is quarantined`,
      { hint: 'Other holders still have it; this copy is made anew from them.' },
    );
  }

  #reach(device: DeviceId, next: number): void {
    if (next <= (this.#reached.get(keyOf(device))?.next ?? 0)) return;
    this.#reached.set(keyOf(device), { device: device.slice(), next });
  }

  #count(size: number | undefined, sign: 1 | -1): void {
    if (size === undefined) return;
    this.#entries += sign;
    this.#bytes += sign * size;
  }
}

function factsOf(entry: LogEntry, bytes: Uint8Array, role: DeviceRole): EntryFacts {
  const { vault, device, sequence, previous } = entry;
  // decoding has verified that the vault it names certified the device it names
  const certificate = entry.certificate ? { vault, device } : undefined;
  const deeds = {
    adds: entry.adds.length > 0,
    announces: entry.announcement !== undefined,
    takesAway: dropsSomething(entry),
  };
  return { vault, device, sequence, previous, hash: entryHash(bytes), certificate, role, deeds };
}

function refusalError(refusal: Refusal, reason: string, head: LogHead | undefined): VaultError {
  return new VaultError(CODES[refusal], `a log entry was refused: ${reason}; it was not stored`, {
    hint: HINTS[refusal] ?? 'Entries of an honest device are never refused like this.',
    data: { refusal, next: head?.next ?? 0 },
  });
}
