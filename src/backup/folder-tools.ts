/** What all folders of one target share. */
import type { AttributeSetter } from './set-attributes.ts';
import type { NewFiles } from './small-file-writer.ts';
import type { TemporaryNames } from './temporary-names.ts';
import type { Unpackers } from './unpackers.ts';

export interface FolderTools {
  readonly names: TemporaryNames;
  readonly attributes: AttributeSetter;
  readonly unpackers: Unpackers;
  readonly newFiles: NewFiles;
  /** Folders that are there may be changed to write into them. */
  readonly changes: boolean;
}
