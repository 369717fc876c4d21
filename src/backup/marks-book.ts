/** The marks of the last run, if they may be relied on, and those of this one, kept when it is committed. */
import type { VaultKeys } from '../crypto/vault-keys.ts';
import { isVaultError } from '../model/errors.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import type { VaultState } from '../vault/vault-state.ts';
import type { BytePath } from './byte-path.ts';
import { encodeMarks, type FolderDraft, FolderMarks, scopeOf } from './folder-marks.ts';
import { type ContentPart, placeOf } from './pending-chunk.ts';

/** One file, of any content: a cache that may be lost at any time. */
export interface MarksFile {
  read(): Promise<Uint8Array | undefined>;
  /** Replaces it. */
  write(bytes: Uint8Array): Promise<void>;
}

export interface MarksBookOptions {
  readonly file: MarksFile;
  readonly keys: Pick<VaultKeys, 'contentId'>;
  readonly paths: readonly BytePath[];
  /** What is left out, as text. */
  readonly choice: string;
}

export class MarksBook {
  readonly #options: MarksBookOptions;
  readonly #scope: Uint8Array;
  readonly #drafts: { readonly draft: FolderDraft; readonly places: readonly ContentPart[] }[] = [];

  constructor(options: MarksBookOptions) {
    this.#options = options;
    this.#scope = scopeOf(options.keys.contentId, options.paths, options.choice);
  }

  /**
   * A folder may be taken over unread only when everything below it is alive for certain: in a snapshot of this very device that is
   * not forgotten, as its log keeps all chunks of those, and while no holder has lost anything that is known of.
   */
  async earlier(state: VaultState, parent: SnapshotRecord | undefined): Promise<FolderMarks | undefined> {
    const { file, keys } = this.#options;
    if (!parent || !state.isOwn(parent) || state.chunks.someLost()) return undefined;
    try {
      const bytes = await file.read();
      return bytes && FolderMarks.read(keys.contentId, bytes, { snapshot: parent.id, scope: this.#scope });
    } catch (error) {
      if (isVaultError(error, 'corrupt', 'io')) return undefined;
      throw error;
    }
  }

  note(draft: FolderDraft, places: readonly ContentPart[]): void {
    this.#drafts.push({ draft, places });
  }

  /** Call when everything is sealed. A disk that does not take it costs the next run time, and nothing else. */
  async keep(snapshot: string, isUnsure: (folder: BytePath) => boolean): Promise<void> {
    const { file, keys } = this.#options;
    const marks = [];
    for (const { draft, places } of this.#drafts) {
      if (isUnsure(draft.path)) continue;
      const pages = [];
      for (const place of places) pages.push(await placeOf(place));
      marks.push({ ...draft, pages });
    }
    try {
      await file.write(encodeMarks(keys.contentId, { snapshot, scope: this.#scope }, marks));
    } catch (error) {
      if (!isVaultError(error)) throw error;
    }
  }
}
