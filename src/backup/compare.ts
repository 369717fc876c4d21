/** Says in which entries two directories differ; the list is bounded, an empty one means equal. */
import { compareFolders, type Difference } from './compare-folders.ts';

export type { Difference } from './compare-folders.ts';

/** Every byte, mode, owner, modification time (ns), link and hard link below two directories; see `compareFolders` for counts. */
export async function compareTrees(expected: string, actual: string): Promise<readonly Difference[]> {
  return (await compareFolders({ expected, actual })).differences;
}
