/**
 * The floors of the house (docs/architecture.md): a folder imports only floors below its own, neighbours on a floor
 * never import each other, type-only imports included, and nothing runs in a circle.
 *
 *   9   cli            peer            scripts            test (may import all)
 *   8   src/index.ts (the public face)          src/simulation
 *   7   src/api
 *   6   src/maintenance
 *   5   src/replication         src/export      src/backup
 *   4   src/protocol                            src/vault
 *   3   src/store
 *   2   src/network    src/policy      src/crypto       src/format       src/webdav
 *   1   src/runtime    src/model       src/chunker
 *
 * On floor 1, model is the ground: runtime and chunker may use its words. On floor 9, peer may use cli/terminal and the
 * exit codes, which both programs share.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');

const FLOORS: Readonly<Record<string, number>> = {
  'src/model': 1,
  'src/runtime': 1,
  'src/chunker': 1,
  'src/network': 2,
  'src/policy': 2,
  'src/crypto': 2,
  'src/format': 2,
  'src/webdav': 2,
  'src/store': 3,
  'src/protocol': 4,
  'src/vault': 4,
  'src/replication': 5,
  'src/backup': 5,
  'src/export': 5,
  'src/maintenance': 6,
  'src/api': 7,
  'src/index.ts': 8,
  'src/simulation': 8,
  cli: 9,
  peer: 9,
  scripts: 9,
};
/** What both programs speak alike lies with the first of them: parsing, printing, errors, exit codes. */
const SHARED_BY_PROGRAMS = /^cli\/(terminal\/|exit-codes\.ts$)/;
const PURE = ['src/model', 'src/chunker', 'src/crypto', 'src/format', 'src/policy', 'src/webdav'];
const IMPURE_MODULES =
  /^node:(fs|net|http|https|dgram|child_process|worker_threads|os|sqlite|timers|process)/;
const FROM_THE_AIR =
  /\bDate\.now\(|\bMath\.random\(|\bperformance\.now\(|\bset(?:Timeout|Interval|Immediate)\(|\bnew Date\(\)/;

interface Import {
  readonly file: string;
  readonly target: string;
}

function filesBelow(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(folder, name));
}

const files = ['src', 'cli', 'peer', 'scripts'].flatMap(filesBelow);
const sources = new Map(files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]));

function importsOf(file: string): Import[] {
  const text = sources.get(file) ?? '';
  const found = [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)'([^']+)'/g)];
  return found.map((match) => ({ file, target: match[1] ?? '' }));
}

/** 'src/policy/placement.ts' -> 'src/policy'; the public face is a room of its own. */
function roomOf(file: string): string {
  if (file === 'src/index.ts') return file;
  const parts = file.split(path.sep);
  return parts[0] === 'src' ? `src/${parts[1]}` : (parts[0] ?? '');
}

function relativeImports(file: string): { file: string; target: string }[] {
  return importsOf(file)
    .filter(({ target }) => target.startsWith('.'))
    .map(({ target }) => ({ file, target: path.normalize(path.join(path.dirname(file), target)) }));
}

function trespass({ file, target }: Import): string | undefined {
  const from = roomOf(file);
  const to = roomOf(target);
  if (from === to || to === 'package.json') return undefined;
  const fromFloor = FLOORS[from];
  const toFloor = FLOORS[to];
  if (fromFloor === undefined || toFloor === undefined) return `${file} -> ${target}: room without a floor`;
  if (to === 'src/model' && (from === 'src/runtime' || from === 'src/chunker')) return undefined;
  if (from === 'peer' && SHARED_BY_PROGRAMS.test(target)) return undefined;
  if (toFloor >= fromFloor) return `${file} (floor ${fromFloor}) imports ${target} (floor ${toFloor})`;
  if (fromFloor === 9 && (from === 'cli' || from === 'peer') && to !== 'src/index.ts') {
    return `${file} imports ${target}: cli and peer see only src/index.ts`;
  }
  return undefined;
}

function circles(): string[] {
  const state = new Map<string, 'open' | 'done'>();
  const found: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      found.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
      return;
    }
    state.set(file, 'open');
    for (const { target } of relativeImports(file)) if (sources.has(target)) visit(target, [...trail, file]);
    state.set(file, 'done');
  };
  for (const file of files) visit(file, []);
  return found;
}

describe('the floors', () => {
  it('sees the house: every source file has imports or is imported', () => {
    expect(files.length).toBeGreaterThan(30);
    expect(files.flatMap(relativeImports).length).toBeGreaterThan(files.length);
  });

  it('has no import that runs up, sideways or around the public face', () => {
    expect(files.flatMap(relativeImports).map(trespass).filter(Boolean)).toEqual([]);
  });

  it('has no circle, type-only imports included', () => {
    expect(circles()).toEqual([]);
  });

  it('imports libp2p in src/network only', () => {
    const strangers = files
      .filter((file) => roomOf(file) !== 'src/network')
      .flatMap(importsOf)
      .filter(({ target }) => /^(libp2p|@libp2p\/|@chainsafe\/|@multiformats\/)/.test(target));
    expect(strangers).toEqual([]);
  });

  it('keeps the pure rooms free of I/O, clocks and chance', () => {
    const pure = files.filter((file) => PURE.includes(roomOf(file)));
    expect(pure.length).toBeGreaterThan(10);
    const impure = pure.flatMap(importsOf).filter(({ target }) => IMPURE_MODULES.test(target));
    expect(impure).toEqual([]);
  });

  it('takes clock and chance from src/runtime, nowhere else in src (S2)', () => {
    const offenders = files
      .filter((file) => file.startsWith('src/') && roomOf(file) !== 'src/runtime')
      .filter((file) =>
        FROM_THE_AIR.test((sources.get(file) ?? '').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')),
      );
    expect(offenders).toEqual([]);
  });

  it('has no file over 400 lines', () => {
    const long = files.filter((file) => (sources.get(file) ?? '').split('\n').length > 400);
    expect(long).toEqual([]);
  });
});
