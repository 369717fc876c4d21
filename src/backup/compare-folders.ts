/** Compares two directories entry by entry in order of raw names: one folder of each in memory at a time, files in slices. */
import * as fs from 'node:fs';
import { isDevice } from '../format/tree-page.ts';
import { VaultError } from '../model/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { compareContent } from './compare-content.ts';
import { devicePacking } from './device-number.ts';
import type { SourceType } from './file-source.ts';
import { isSettable, nativeXattrs } from './native-xattrs.ts';
import { Pacer } from './pacer.ts';
import { pathText } from './path-text.ts';
import { systemType } from './system-type.ts';

export type DifferenceKind =
  | 'missing' // only in `expected`
  | 'extra' // only in `actual`
  | 'type'
  | 'content'
  | 'mode'
  | 'owner'
  | 'mtime'
  | 'xattr' // an extended attribute or ACL
  | 'link' // where a symbolic link points
  | 'device' // which one it is
  | 'hard-link' // which names are one file
  | 'unreadable';

export interface Difference {
  /** Below both folders; bytes that are not UTF-8 as \xNN. '.' is the folder itself. */
  readonly path: string;
  readonly kind: DifferenceKind;
  readonly expected: string;
  readonly actual: string;
}

export interface CompareOptions {
  readonly expected: string;
  readonly actual: string;
  /** Compares mode, owner and time of the two folders themselves too; default false. */
  readonly self?: boolean;
  /** Differences listed; further ones are counted. Default 1000. */
  readonly maxListed?: number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

export interface Comparison {
  readonly differences: readonly Difference[];
  readonly differenceCount: number;
  /** What was found in both folders with the same type. */
  readonly files: number;
  readonly directories: number;
  readonly links: number;
  /** Bytes of file content compared. */
  readonly bytes: number;
  /** Sockets of `expected`, which no backup keeps, and devices where this user could not make any: left out. */
  readonly skipped: number;
}

interface Pair {
  readonly path: Buffer;
  readonly expected: Buffer;
  readonly actual: Buffer;
}

/** Throws 'not-found' when one of the two is no folder, or the signal's reason. */
export async function compareFolders(options: CompareOptions): Promise<Comparison> {
  const pair = {
    path: Buffer.alloc(0),
    expected: Buffer.from(options.expected),
    actual: Buffer.from(options.actual),
  };
  for (const folder of [pair.expected, pair.actual]) {
    if (fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) continue;
    throw new VaultError('not-found', `${pathText(folder)} is not a folder that can be compared`);
  }
  const run = new Run(options);
  if (options.self) run.attributes(pair, statOf(pair.expected), statOf(pair.actual));
  await run.folder(pair);
  return run.result();
}

class Run {
  readonly #options: CompareOptions;
  readonly #pacer: Pacer;
  readonly #differences: Difference[] = [];
  /** Identity of a file with several names on one side -> its identity on the other; both ways. */
  readonly #twins = new Map<string, string>();
  readonly #counts = { differenceCount: 0, files: 0, directories: 0, links: 0, bytes: 0, skipped: 0 };

  constructor(options: CompareOptions) {
    this.#options = options;
    this.#pacer = new Pacer(options.clock ?? systemClock);
  }

  result(): Comparison {
    return { differences: this.#differences, ...this.#counts };
  }

  async folder(pair: Pair): Promise<void> {
    const expected = this.#names(pair, pair.expected);
    const actual = this.#names(pair, pair.actual);
    for (let i = 0, j = 0; i < expected.length || j < actual.length; ) {
      const [left, right] = [expected[i], actual[j]];
      const order = !left ? 1 : !right ? -1 : Buffer.compare(left, right);
      if (order <= 0) i++;
      if (order >= 0) j++;
      const name = order <= 0 ? left : right;
      if (!name) continue;
      await this.#child(childOf(pair, name), order);
    }
  }

  /** What vanishes while it is looked at is a difference, not the end of the comparison. */
  async #child(pair: Pair, order: number): Promise<void> {
    try {
      if (order === 0) await this.#entry(pair);
      else this.#alone(pair, order < 0);
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      if (!(error instanceof Error && 'syscall' in error)) throw error;
      this.#differ(pair, 'unreadable', 'readable', String(error));
    }
  }

  attributes(pair: Pair, expected: fs.BigIntStats, actual: fs.BigIntStats): void {
    const isLink = expected.isSymbolicLink();
    if (!isLink) this.#same(pair, 'mode', octal(expected), octal(actual));
    this.#same(pair, 'owner', `${expected.uid}:${expected.gid}`, `${actual.uid}:${actual.gid}`);
    this.#same(pair, 'mtime', `${expected.mtimeNs}`, `${actual.mtimeNs}`);
    this.#same(pair, 'xattr', xattrsOf(pair.expected), xattrsOf(pair.actual));
  }

  async #entry(pair: Pair): Promise<void> {
    await this.#breathe();
    const [expected, actual] = [statOf(pair.expected), statOf(pair.actual)];
    const type = systemType(expected);
    if (isLeftOut(type)) this.#counts.skipped++;
    if (!this.#same(pair, 'type', type, systemType(actual)) || isLeftOut(type)) return;
    this.attributes(pair, expected, actual);
    if (type === 'directory') {
      this.#counts.directories++;
      await this.folder(pair);
    } else if (type === 'symlink') {
      this.#counts.links++;
      this.#same(pair, 'link', linkOf(pair.expected), linkOf(pair.actual));
    } else if (type === 'file') await this.#file(pair, expected, actual);
    else this.#same(pair, 'device', numberOf(expected), numberOf(actual));
  }

  async #file(pair: Pair, expected: fs.BigIntStats, actual: fs.BigIntStats): Promise<void> {
    this.#counts.files++;
    this.#hardLinks(pair, expected, actual);
    if (!this.#same(pair, 'content', `${expected.size} bytes`, `${actual.size} bytes`)) return;
    try {
      const at = await compareContent(pair.expected, pair.actual, () => this.#breathe());
      if (at !== undefined) this.#differ(pair, 'content', 'the same bytes', `another byte at ${at}`);
      this.#counts.bytes += Number(expected.size);
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      this.#differ(pair, 'unreadable', 'readable', String(error));
    }
  }

  #hardLinks(pair: Pair, expected: fs.BigIntStats, actual: fs.BigIntStats): void {
    if (expected.nlink === 1n && actual.nlink === 1n) return;
    const left = `expected ${expected.dev}:${expected.ino}`;
    const right = `actual ${actual.dev}:${actual.ino}`;
    const known = this.#twins.get(left) ?? right;
    const knownBack = this.#twins.get(right) ?? left;
    if (known !== right || knownBack !== left) this.#differ(pair, 'hard-link', knownBack, known);
    this.#twins.set(left, right).set(right, left);
  }

  #alone(pair: Pair, inExpected: boolean): void {
    const type = systemType(statOf(inExpected ? pair.expected : pair.actual));
    if (inExpected && isLeftOut(type)) this.#counts.skipped++;
    else if (inExpected) this.#differ(pair, 'missing', type, 'nothing');
    else this.#differ(pair, 'extra', 'nothing', type);
  }

  /** Sorted raw names; a folder that cannot be read is a difference. */
  #names(pair: Pair, folder: Buffer): Buffer[] {
    try {
      return fs.readdirSync(folder, { encoding: 'buffer' }).sort((a, b) => Buffer.compare(a, b));
    } catch (error) {
      this.#differ(pair, 'unreadable', 'readable', String(error));
      return [];
    }
  }

  #same(pair: Pair, kind: DifferenceKind, expected: string, actual: string): boolean {
    if (expected !== actual) this.#differ(pair, kind, expected, actual);
    return expected === actual;
  }

  #differ({ path }: Pair, kind: DifferenceKind, expected: string, actual: string): void {
    this.#counts.differenceCount++;
    if (this.#differences.length >= (this.#options.maxListed ?? 1000)) return;
    this.#differences.push({ path: path.length > 0 ? pathText(path) : '.', kind, expected, actual });
  }

  async #breathe(): Promise<void> {
    while (this.#pacer.due()) await this.#pacer.rest();
    this.#options.signal?.throwIfAborted();
  }
}

const SLASH = Buffer.from('/');

function childOf(pair: Pair, name: Buffer): Pair {
  return {
    path: pair.path.length > 0 ? Buffer.concat([pair.path, SLASH, name]) : name,
    expected: Buffer.concat([pair.expected, SLASH, name]),
    actual: Buffer.concat([pair.actual, SLASH, name]),
  };
}

function statOf(path: Buffer): fs.BigIntStats {
  return fs.lstatSync(path, { bigint: true });
}

function isLeftOut(type: SourceType): boolean {
  return type === 'other' || (isDevice({ type }) && process.geteuid?.() !== 0);
}

/** Pipes have none. */
function numberOf({ rdev }: fs.BigIntStats): string {
  const { major, minor } = devicePacking().unpack(rdev);
  return `${major}:${minor}`;
}

function octal(stat: fs.BigIntStats): string {
  return (Number(stat.mode) & 0o7777).toString(8);
}

/** Only those that a restore by this user can set; equal everywhere where they cannot be read at all. */
function xattrsOf(path: Buffer): string {
  const root = process.getuid?.() === 0;
  const xattrs = nativeXattrs()?.read(path) ?? [];
  return xattrs
    .filter(({ name }) => isSettable(name, root))
    .map(({ name, value }) => `${pathText(name)}=${Buffer.from(value).toString('hex')}`)
    .join(' ');
}

function linkOf(path: Buffer): string {
  return pathText(fs.readlinkSync(path, { encoding: 'buffer' }));
}
