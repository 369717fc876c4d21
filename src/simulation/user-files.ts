/** A user's files that change from backup to backup, every change chosen by the action's own chance. */
import type { SeededRandom } from '../runtime/seeded-random.ts';
import { type MemoryNode, type MemoryTree, timestampOf } from './memory-tree.ts';

export const ROOT = '/data';
const FIRST_FILES = 10;
const MOST_CHANGES = 4;
const MAX_FILE_BYTES = 5000;
/** Part of all plain text, so that it can be looked for where it must not be; random enough not to be anywhere by chance. */
export const CANARY_BYTES = 24;

export class UserFiles {
  readonly canary: string;
  readonly #random: SeededRandom;
  readonly #nowMs: () => number;
  #serial: number;

  constructor(random: SeededRandom, nowMs: () => number, canary: string, first: number) {
    this.#random = random;
    this.#nowMs = nowMs;
    this.canary = canary;
    this.#serial = first;
  }

  /** The first state, or with some files added, edited, renamed, touched, removed. */
  changed(tree: MemoryTree): MemoryTree {
    const nodes = new Map(tree);
    if (nodes.size === 0) this.#populate(nodes);
    for (let i = 0; i <= this.#random.below(MOST_CHANGES); i++) this.#change(nodes);
    return nodes;
  }

  #populate(nodes: Map<string, MemoryNode>): void {
    const now = timestampOf(this.#nowMs());
    for (const path of ['/', ROOT, `${ROOT}/sub`, `${ROOT}/empty`]) {
      nodes.set(path, { type: 'directory', mode: 0o755, mtime: now, inode: this.#inode() });
    }
    nodes.set(`${ROOT}/link`, {
      type: 'symlink',
      target: new Uint8Array(Buffer.from('no/such/file')),
      mode: 0o777,
      mtime: now,
      inode: this.#inode(),
    });
    for (let i = 0; i < FIRST_FILES; i++) this.#create(nodes);
  }

  #change(nodes: Map<string, MemoryNode>): void {
    const files = [...nodes].filter(([, node]) => node.type === 'file').map(([path]) => path);
    const path = files[this.#random.below(files.length)];
    const node = path === undefined ? undefined : nodes.get(path);
    const dice = this.#random.below(8);
    if (path === undefined || node?.type !== 'file' || dice < 2) {
      this.#create(nodes);
      return;
    }
    const mtime = timestampOf(this.#nowMs());
    if (dice === 2) nodes.delete(path);
    else if (dice === 3) {
      nodes.delete(path);
      nodes.set(this.#fresh(), { ...node, mtime });
    } else if (dice === 4) nodes.set(path, { ...node, mtime, mode: 0o600 + this.#random.below(0o100) });
    else nodes.set(path, { ...node, mtime, bytes: this.#content() });
  }

  #create(nodes: Map<string, MemoryNode>): void {
    const mtime = timestampOf(this.#nowMs());
    nodes.set(this.#fresh(), {
      type: 'file',
      bytes: this.#content(),
      mode: 0o644,
      mtime,
      inode: this.#inode(),
    });
  }

  /** Half of it compresses well, half does not. */
  #content(): Uint8Array {
    const length = this.#random.below(MAX_FILE_BYTES);
    const body =
      this.#random.below(2) === 0
        ? Buffer.from(this.#random.bytes(length))
        : Buffer.alloc(length, 'text that repeats ');
    return new Uint8Array(Buffer.concat([Buffer.from(this.canary), body]));
  }

  #fresh(): string {
    return `${ROOT}/${this.#random.below(2) === 0 ? 'sub/' : ''}${this.canary.slice(0, 12)}-${this.#serial++}`;
  }

  #inode(): bigint {
    return BigInt(this.#serial++);
  }
}
