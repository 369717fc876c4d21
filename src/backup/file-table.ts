/** Files whose content lies in one chunk, as a table: an object for each would be most of a restore's memory, and cost at every thread's border. */
import type { ExtendedAttribute } from '../format/tree-page.ts';
import { assert } from '../model/errors.ts';
import type { BytePath } from './byte-path.ts';
import type { Attributes, Place, TargetFolder } from './target-folder.ts';

/** How many numbers belong to one file, and which is which. */
export const FIELD = {
  folder: 0,
  offset: 1,
  length: 2,
  mode: 3,
  uid: 4,
  gid: 5,
  seconds: 6,
  nanoseconds: 7,
  flags: 8,
} as const;
export const FIELDS = 9;

export const FLAG = { replace: 1, sparse: 2 } as const;

/** Where in the opened chunk a file's content lies. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
  readonly sparse: boolean;
}

export class FileTable {
  readonly folders: TargetFolder[] = [];
  readonly names: BytePath[] = [];
  /** Of the files, by their index, that have any. */
  readonly xattrs: (readonly [number, readonly ExtendedAttribute[]])[] = [];
  readonly #indices = new Map<TargetFolder, number>();
  #numbers = new Float64Array(32 * FIELDS);

  get count(): number {
    return this.names.length;
  }

  add({ folder, name, replace }: Place, { offset, length, sparse }: Extent, attributes: Attributes): void {
    const index = this.names.push(name) - 1;
    const at = index * FIELDS;
    if (at === this.#numbers.length) this.#grow();
    const numbers = this.#numbers;
    numbers[at + FIELD.folder] = this.#indexOf(folder);
    numbers[at + FIELD.offset] = offset;
    numbers[at + FIELD.length] = length;
    numbers[at + FIELD.mode] = attributes.mode;
    numbers[at + FIELD.uid] = attributes.uid;
    numbers[at + FIELD.gid] = attributes.gid;
    numbers[at + FIELD.seconds] = attributes.mtime.seconds;
    numbers[at + FIELD.nanoseconds] = attributes.mtime.nanoseconds;
    numbers[at + FIELD.flags] = (replace ? FLAG.replace : 0) | (sparse ? FLAG.sparse : 0);
    if (attributes.xattrs) this.xattrs.push([index, attributes.xattrs]);
  }

  folderOf(index: number): TargetFolder {
    const folder = this.folders[this.of(index, 'folder')];
    assert(folder, 'a file of no folder');
    return folder;
  }

  of(index: number, field: keyof typeof FIELD): number {
    return this.#numbers[index * FIELDS + FIELD[field]] ?? 0;
  }

  /** A copy, of exactly `count` files. */
  numbers(): Float64Array<ArrayBuffer> {
    return this.#numbers.slice(0, this.count * FIELDS);
  }

  #indexOf(folder: TargetFolder): number {
    const known = this.#indices.get(folder);
    if (known !== undefined) return known;
    const index = this.folders.push(folder) - 1;
    this.#indices.set(folder, index);
    return index;
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#numbers.length);
    larger.set(this.#numbers);
    this.#numbers = larger;
  }
}
