/**
 * The members of one vault as this holder knows them: the owner's table and, after it, the peers that members have recruited
 * (R2, R5). Every holder that has seen the same records knows the same members; durable.
 */
import { join } from 'node:path';
import { decodeMemberList, encodeMemberList, MAX_MEMBER_LIST_BYTES } from '../format/member-list.ts';
import { bytesEqual, compareBytes } from '../model/bytes.ts';
import { isVaultError } from '../model/errors.ts';
import type { VaultId } from '../model/ids.ts';
import type { Member } from '../policy/roles.ts';
import type { Disk } from '../runtime/disk.ts';
import type { Admit } from './budget.ts';
import { KeyedLock } from './keyed-lock.ts';
import { countingRecruits, type VerifiedRecruit, verifiedRecruits } from './recruit-choice.ts';
import type { KeptTable } from './table-store.ts';

export interface RecruitStoreOptions {
  readonly disk: Disk;
  /** Where the table lies too. */
  readonly folder: string;
  readonly vault: VaultId;
  /** The newest holder table at this moment. */
  readonly table: () => KeptTable | undefined;
  /** Reserves room before anything is written. Default: no limit. */
  readonly admit?: Admit;
  readonly onDamage?: () => void;
}

/** Layout below `folder`: `recruits`, and `recruits-damaged` after bit rot. */
export class RecruitStore {
  readonly #options: RecruitStoreOptions;
  readonly #lock = new KeyedLock();
  #kept: readonly VerifiedRecruit[] = [];
  #bytes = 0;
  #damagedBytes = 0;
  #settled = false;

  private constructor(options: RecruitStoreOptions) {
    this.#options = options;
  }

  /** For a vault that has no folder yet. */
  static empty(options: RecruitStoreOptions): RecruitStore {
    return new RecruitStore(options);
  }

  /** A damaged file is put away and counts as none, since other holders have it. */
  static async open(options: RecruitStoreOptions): Promise<RecruitStore> {
    const store = new RecruitStore(options);
    await store.#load();
    return store;
  }

  /** Signed members in order of their names, then recruits: those whose recruiter is a member, or was recruited by one, and so on. */
  members(): readonly Member[] {
    const signed = this.#options.table()?.table.members ?? [];
    const recruits = countingRecruits(
      this.#kept,
      signed.map(({ peer }) => peer),
    );
    return [
      ...signed.map((member) => ({ ...member, recruited: false })),
      ...recruits.map(({ recruitment: { peer, zone, weight } }) => ({ peer, zone, weight, recruited: true })),
    ];
  }

  /** The encoded recruitments that count now, sorted. */
  list(): readonly Uint8Array[] {
    const signed = this.#options.table()?.table.members ?? [];
    const recruits = countingRecruits(
      this.#kept,
      signed.map(({ peer }) => peer),
    );
    return recruits.map(({ bytes }) => bytes).sort(compareBytes);
  }

  /**
   * Takes in the encoded recruitments of `list` that count, and resolves when they are durable: true when anything changed.
   * Records that are damaged, forged or of another vault are left out. Give the newest table to the table's store first.
   */
  async merge(list: readonly Uint8Array[]): Promise<boolean> {
    const offered = verifiedRecruits(list, this.#options.vault);
    return this.#lock.run('', async () => {
      const before = this.list();
      const signed = this.#options.table()?.table.members.map(({ peer }) => peer) ?? [];
      const next = countingRecruits([...this.#kept, ...offered], signed);
      const after = next.map(({ bytes }) => bytes).sort(compareBytes);
      const same =
        after.length === before.length && after.every((bytes, i) => bytesEqual(bytes, before[i] ?? bytes));
      if (same && (this.#settled || after.length === 0)) return false;
      await this.#write(next);
      return !same;
    });
  }

  /** Bytes on disk, a damaged file's included. */
  usage(): number {
    return this.#bytes + this.#damagedBytes;
  }

  async #write(next: readonly VerifiedRecruit[]): Promise<void> {
    const encoded = encodeMemberList({ table: undefined, recruits: next.map(({ bytes }) => bytes) });
    const release = await this.#options.admit?.(encoded.length);
    try {
      await this.#options.disk.write(join(this.#options.folder, 'recruits'), [encoded]);
      this.#kept = next;
      this.#bytes = encoded.length;
      this.#settled = true;
    } finally {
      release?.();
    }
  }

  async #load(): Promise<void> {
    const { disk, folder, onDamage } = this.#options;
    const path = join(folder, 'recruits');
    const damaged = join(folder, 'recruits-damaged');
    this.#damagedBytes = (await disk.stat(damaged))?.size ?? 0;
    try {
      const bytes = await disk.read(path, MAX_MEMBER_LIST_BYTES);
      if (!bytes) return;
      this.#kept = verifiedRecruits(decodeMemberList(bytes).recruits, this.#options.vault);
      this.#bytes = bytes.length;
    } catch (error) {
      if (!isVaultError(error, 'corrupt', 'unsupported-version')) throw error;
      await disk.move(path, damaged);
      this.#damagedBytes = (await disk.stat(damaged))?.size ?? 0;
      onDamage?.();
    }
  }
}
