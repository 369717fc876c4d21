/** Random folders with names and files that patterns, markers and sizes have something to choose from. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SeededRandom } from '../../src/runtime/seeded-random.ts';

const CACHE_HEAD = 'Signature: 8a477f597d28d172789f06886806bc55\n# made by a test';
const NAMES = [
  'a',
  'b',
  'foo',
  'Foo',
  'bar',
  'bärlauch',
  'x.o',
  'x.O',
  'y.tmp',
  'foo bar',
  '.git',
  'a[1]',
  'long-name',
  '$x',
  '#c',
];
const PARTS = [
  ...NAMES,
  '*',
  '*',
  '**',
  '**',
  '*.o',
  '?',
  'f*',
  '*r',
  '[a-f]*',
  '[^a-f]*',
  'fo[Oo]',
  'b?rlauch',
  'a\\[1]',
  '*o*',
];

export class Chance {
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  below(limit: number): number {
    return this.#random.below(limit);
  }
  oneOf<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
  once(inHowMany: number): boolean {
    return this.below(inHowMany) === 0;
  }
  times<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }

  /** None that begins with `/` and has more than one `**`: of these restic misses some (decision 25). */
  pattern(root: string): string {
    const parts = [this.oneOf(PARTS), ...this.times(2, () => this.oneOf(PARTS))];
    const start = this.oneOf(['', '', '', `${root}/`, '/', `${root}/**/`]);
    const end = this.once(6) ? '/' : '';
    const path = `${start}${parts.join('/')}${end}`;
    return `${this.once(4) ? '!' : ''}${path.startsWith('/') ? withOneDoubleStar(path) : path}`;
  }
}

function withOneDoubleStar(path: string): string {
  const first = path.indexOf('**') + 2;
  return path.slice(0, first) + path.slice(first).replaceAll('**', '*');
}

/** Fills `folder`, which is there. */
export function growTree(folder: string, chance: Chance, depth = 0): void {
  for (const name of NAMES) {
    if (!chance.once(3)) continue;
    const path = join(folder, name);
    if (chance.once(12)) symlinkSync('a/dangling/link', path);
    else if (depth < 3 && chance.once(2)) {
      mkdirSync(path);
      growTree(path, chance, depth + 1);
    } else writeFileSync(path, 'x'.repeat(chance.below(3000)));
  }
  if (depth === 0) return;
  if (chance.once(8))
    writeFileSync(join(folder, 'CACHEDIR.TAG'), CACHE_HEAD.slice(0, chance.oneOf([10, 43, 60])));
  if (chance.once(8)) writeFileSync(join(folder, '.nobackup'), chance.oneOf(['', 'yes: please', 'no']));
}
