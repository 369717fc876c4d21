/** Where a symbolic link of a snapshot leads inside that snapshot; nothing outside of it is ever looked at. */
import type { BlobRef } from '../format/blob-ref.ts';
import type { LinkNode, TreeNode } from '../format/tree-page.ts';
import { concatBytes } from '../model/bytes.ts';
import type { WaitOptions } from '../store/chunk-store.ts';
import { splitPath, type TreeReader } from './tree-reader.ts';

/** Links on the way; Linux gives up at 40. */
const MAX_HOPS = 40;
const MAX_STEPS = 4096;
const SLASH = 0x2f;

export interface LinkPlace {
  readonly root: readonly BlobRef[];
  /** Names of the folder that the link is in. */
  readonly folder: readonly Uint8Array[];
}

/** `undefined` when it leads nowhere, to the root, or in a circle. Absolute targets count from the snapshot's root. */
export async function resolveLink(
  reader: TreeReader,
  { root, folder }: LinkPlace,
  link: LinkNode,
  wait: WaitOptions = {},
): Promise<TreeNode | undefined> {
  let here = startOf(link, folder);
  let ahead = splitPath(link.target);
  let hops = 0;
  let steps = 0;
  while (ahead.length > 0) {
    const [name, ...rest] = ahead;
    ahead = rest;
    if (!name || ++steps > MAX_STEPS) return undefined;
    if (isUp(name)) {
      here.pop();
      continue;
    }
    const found = await reader.find(root, joined([...here, name]), wait);
    if (!found || (found.type === 'file' && ahead.length > 0)) return undefined;
    if (found.type !== 'symlink') {
      here.push(name);
      continue;
    }
    if (++hops > MAX_HOPS) return undefined;
    here = startOf(found, here);
    ahead = [...splitPath(found.target), ...ahead];
  }
  return here.length === 0 ? undefined : await reader.find(root, joined(here), wait);
}

function startOf({ target }: LinkNode, folder: readonly Uint8Array[]): Uint8Array[] {
  return target[0] === SLASH ? [] : [...folder];
}

function isUp(name: Uint8Array): boolean {
  return name.length === 2 && name[0] === 0x2e && name[1] === 0x2e;
}

function joined(names: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...names.flatMap((name) => [Uint8Array.of(SLASH), name]));
}
