/** Remembers where the first name of each multiply linked file was restored, so that its other names become links to it. */
import type { FileNode } from '../format/tree-page.ts';
import type { Place } from './target-folder.ts';
import { pageKey } from './tree-reader.ts';

/**
 * Grows with the number of files that have several names (a path each): the tree does not say how many names are still
 * to come. Names are one file only when also size, time and first reference agree, whatever the key says.
 */
export class HardLinks {
  readonly #first = new Map<string, Promise<Place | undefined>>();

  /** Where the first name is, as soon as it is complete; `undefined` in the promise when it failed. No promise: `node` is the first. */
  first(node: FileNode): Promise<Place | undefined> | undefined {
    const key = linkKey(node);
    return key === undefined ? undefined : this.#first.get(key);
  }

  /** Makes `node` the first name unless there is one; the returned function tells where it is. `undefined` when nobody asks. */
  open(node: FileNode): ((place: Place | undefined) => void) | undefined {
    const key = linkKey(node);
    if (key === undefined || this.#first.has(key)) return undefined;
    const { promise, resolve } = Promise.withResolvers<Place | undefined>();
    this.#first.set(key, promise);
    return resolve;
  }
}

/** The same for names of one file; `undefined` for a file with one name. */
export function linkKey(node: FileNode): string | undefined {
  if (node.hardLink === undefined) return undefined;
  const { seconds, nanoseconds } = node.mtime;
  const first = node.content[0];
  return `${node.hardLink}/${node.size}/${seconds}.${nanoseconds}/${first ? pageKey(first) : ''}`;
}
