/** A real directory that changes from round to round, every change chosen by the seed. */
import fs from 'node:fs';
import path from 'node:path';
import type { Random } from '../../src/runtime/random.ts';

const KINDS = ['edit', 'append', 'insert', 'create', 'remove', 'rename', 'chmod', 'link', 'touch'] as const;

export interface WorkloadChange {
  readonly kind: (typeof KINDS)[number];
  readonly file: string;
}

export class Workload {
  readonly root: string;
  readonly #random: Random;
  #serial = 0;

  constructor(root: string, random: Random) {
    this.root = root;
    this.#random = random;
  }

  /** First state: nested folders, many small files, some large ones, links, odd names, modes, an empty folder, a sparse file. */
  populate(smallFiles: number, largeBytes: number): void {
    fs.mkdirSync(this.root, { recursive: true });
    for (let i = 0; i < smallFiles; i++) this.#create(this.#below(200));
    for (const share of [0.6, 0.3, 0.1]) {
      fs.writeFileSync(this.#fresh('large'), this.#content(Math.floor(largeBytes * share)));
    }
    fs.mkdirSync(path.join(this.root, 'empty folder'));
    fs.symlinkSync('no/such/file', path.join(this.root, 'dangling link'));
    fs.writeFileSync(path.join(this.root, 'zero bytes'), '');
    fs.writeFileSync(
      Buffer.concat([Buffer.from(`${this.root}/latin1-`), Buffer.from([0xe9, 0xff])]),
      'not UTF-8',
    );
    const sparse = fs.openSync(path.join(this.root, 'sparse'), 'w', 0o600);
    fs.writeSync(sparse, 'end', 3_000_000);
    fs.closeSync(sparse);
    const twin = this.#fresh('twin');
    fs.writeFileSync(twin, this.#content(5000));
    fs.linkSync(twin, `${twin}-b`);
  }

  /** Applies `count` random changes and returns them, in order. */
  mutate(count: number): readonly WorkloadChange[] {
    const changes: WorkloadChange[] = [];
    for (let i = 0; i < count; i++) changes.push(this.#change());
    return changes;
  }

  #change(): WorkloadChange {
    const kind = KINDS[this.#below(KINDS.length)] ?? 'create';
    const file = kind === 'create' ? undefined : this.#pick();
    if (file === undefined) return { kind: 'create', file: this.#create(this.#below(30)) };
    this.#apply(kind, file);
    return { kind, file };
  }

  #apply(kind: WorkloadChange['kind'], file: string): void {
    const old = fs.readFileSync(file);
    const middle = old.length >> 1;
    const extra = this.#content(1 + this.#below(4096));
    if (kind === 'edit') fs.writeFileSync(file, this.#content(1 + this.#below(20_000)));
    else if (kind === 'append') fs.appendFileSync(file, extra);
    else if (kind === 'insert') {
      fs.writeFileSync(file, Buffer.concat([old.subarray(0, middle), extra, old.subarray(middle)]));
    } else if (kind === 'remove') fs.rmSync(file);
    else if (kind === 'rename') fs.renameSync(file, this.#fresh('moved'));
    else if (kind === 'chmod') fs.chmodSync(file, 0o600 + this.#below(0o100));
    else if (kind === 'link') fs.linkSync(file, this.#fresh('link'));
    else fs.utimesSync(file, this.#below(1e9), this.#below(1e9) + this.#random.fraction());
  }

  #create(spread: number): string {
    const file = this.#fresh('file', spread);
    fs.writeFileSync(file, this.#content(this.#below(this.#below(20) === 0 ? 300_000 : 12_000)));
    return file;
  }

  #fresh(stem: string, spread = 1): string {
    const folder = path.join(this.root, `d${spread % 7}`, `e${spread % 31}`);
    fs.mkdirSync(folder, { recursive: true });
    return path.join(folder, `${stem}-${this.#serial++}`);
  }

  /** A regular file below the root, or none; deterministic because names are sorted. */
  #pick(): string | undefined {
    const files = fs
      .readdirSync(this.root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.includes('\uFFFD'))
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort();
    return files[this.#below(files.length)];
  }

  /** Half of the content compresses well, half does not. */
  #content(length: number): Uint8Array {
    if (this.#below(2) === 0) return this.#random.bytes(length);
    const line = Buffer.from(`line ${this.#below(1e6)} of a text that repeats itself\n`);
    return Buffer.alloc(length, line);
  }

  #below(limit: number): number {
    return Math.floor(this.#random.fraction() * limit);
  }
}
