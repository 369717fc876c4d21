/** What all folders of one target share. */
import type { MakeSpecial } from './native-nodes.ts';
import type { AttributeSetter } from './set-attributes.ts';
import type { NewFiles } from './small-file-writer.ts';
import type { TemporaryNames } from './temporary-names.ts';
import type { Unpackers } from './unpackers.ts';
import type { VerifyLog } from './verify-log.ts';

export interface FolderTools {
  readonly names: TemporaryNames;
  readonly attributes: AttributeSetter;
  readonly unpackers: Unpackers;
  readonly makeSpecial: MakeSpecial;
  readonly newFiles: NewFiles;
  /** What will be read back. */
  readonly verifyLog: VerifyLog | undefined;
  /** Folders that are there may be changed to write into them. */
  readonly changes: boolean;
}
