/** What a backup leaves out, as its user says it: data only. */

/** A folder that contains a file of this name is backed up without its contents, but for that file. */
export interface FolderMarker {
  /** A plain file name. */
  readonly name: string;
  /** The file must begin with this text; empty: its presence is enough. */
  readonly header: string;
}

export interface Choice {
  /** Patterns; see `pathRules`. */
  readonly excludes?: readonly string[];
  /** The same, capital or small letters. */
  readonly excludesAnyCase?: readonly string[];
  readonly excludeIfPresent?: readonly FolderMarker[];
  /** Files of more bytes. */
  readonly excludeLargerThan?: number;
  /** Leave out what lies on another file system than the named path it was found below. */
  readonly oneFileSystem?: boolean;
}

/** Folders that say themselves that they are caches: https://bford.info/cachedir/ */
export const CACHE_MARKER: FolderMarker = {
  name: 'CACHEDIR.TAG',
  header: 'Signature: 8a477f597d28d172789f06886806bc55',
};

/** A choice as text, the same for the same one. */
export function choiceText(choice: Choice): string {
  const { excludes, excludesAnyCase, excludeIfPresent, excludeLargerThan, oneFileSystem } = choice;
  return JSON.stringify([
    excludes ?? [],
    excludesAnyCase ?? [],
    (excludeIfPresent ?? []).map(({ name, header }) => [name, header]),
    excludeLargerThan ?? null,
    oneFileSystem ?? false,
  ]);
}
