/** The same trees, patterns and options choose the same files. VAULT_RESTIC_SEED replays one round, VAULT_RESTIC_ROUNDS makes more. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CACHE_MARKER, type Choice } from '../../src/backup/choice.ts';
import { listTree } from '../../src/backup/list.ts';
import { OpenedChunks } from '../../src/backup/opened-chunks.ts';
import { pathText } from '../../src/backup/path-text.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { KEYS, Rehearsal } from '../backup/rehearsal.ts';
import { temporaryFolder } from '../backup/temporary-folder.ts';
import { Chance, growTree } from './random-tree.ts';
import { NO_RESTIC, RESTIC_SAYS, Restic } from './restic.ts';

const ROUNDS = Number(process.env.VAULT_RESTIC_ROUNDS ?? 2);
const CHOICES_A_ROUND = 3;
const SEED = process.env.VAULT_RESTIC_SEED;
const FIRST_SEED = SEED === undefined ? Math.floor(Math.random() * 1e6) : Number(SEED);
const SEEDS = Array.from({ length: SEED === undefined ? ROUNDS : 1 }, (_, i) => FIRST_SEED + i);

async function chosenByVault(paths: readonly string[], choice: Choice): Promise<string[]> {
  const mesh = new Rehearsal();
  const device = mesh.device();
  const { snapshotId } = await device.backup(paths, choice);
  const root = device.state.snapshots().find(({ id }) => id === snapshotId)?.snapshot.root ?? [];
  const found: string[] = [];
  for await (const { path } of listTree({
    root,
    recursive: true,
    chunks: new OpenedChunks(mesh.store, KEYS),
  })) {
    found.push(`/${pathText(path)}`);
  }
  return found;
}

/** The same in restic's words. */
function wordsOf(choice: Choice): string[] {
  const { excludes = [], excludesAnyCase = [], excludeIfPresent = [], excludeLargerThan } = choice;
  return [
    ...excludes.map((pattern) => `--exclude=${pattern}`),
    ...excludesAnyCase.map((pattern) => `--iexclude=${pattern}`),
    ...excludeIfPresent.map((marker) =>
      marker === CACHE_MARKER
        ? '--exclude-caches'
        : `--exclude-if-present=${marker.name}${marker.header && `:${marker.header}`}`,
    ),
    ...(excludeLargerThan === undefined ? [] : [`--exclude-larger-than=${excludeLargerThan}`]),
  ];
}

function anyChoice(chance: Chance, root: string): Choice {
  const markers = [CACHE_MARKER, { name: '.nobackup', header: '' }, { name: '.nobackup', header: 'yes' }];
  return {
    excludes: chance.times(4, () => chance.pattern(root)),
    excludesAnyCase: chance.once(3) ? chance.times(3, () => chance.pattern(root)) : [],
    excludeIfPresent: markers.filter(() => chance.once(3)),
    ...(chance.once(4) ? { excludeLargerThan: chance.below(3000) } : {}),
  };
}

describe.skipIf(NO_RESTIC)(`choosing files (${RESTIC_SAYS})`, () => {
  it.each(SEEDS)('takes and leaves the same, seed %i', { timeout: 120_000 }, async (seed) => {
    const chance = new Chance(new SeededRandom(seed));
    const folder = temporaryFolder();
    const root = join(folder, 'root');
    mkdirSync(root);
    growTree(root, chance);
    const restic = new Restic(folder);
    for (let i = 0; i < CHOICES_A_ROUND; i++) {
      const choice = anyChoice(chance, root);
      restic.run('backup', root, '--tag', String(i), ...wordsOf(choice));
      const below = (paths: readonly string[]) => paths.filter((path) => path.startsWith(`${root}/`)).sort();
      const theirs = below(restic.paths('latest'));
      const ours = below(await chosenByVault([root], choice));
      expect(ours, `VAULT_RESTIC_SEED=${seed}: ${JSON.stringify(choice)}`).toEqual(theirs);
    }
  });

  it('takes a named path whatever the excludes say of the folders above it, if a "!" takes it back', async () => {
    const folder = temporaryFolder();
    const root = join(folder, 'root');
    mkdirSync(join(root, 'kept'), { recursive: true });
    writeFileSync(join(root, 'kept', 'file'), 'x');
    const choice = { excludes: ['*', `!${root}/kept`] };
    const restic = new Restic(folder);
    restic.run('backup', join(root, 'kept'), ...wordsOf(choice));
    const ours = await chosenByVault([join(root, 'kept')], choice);
    expect(ours.sort()).toEqual(restic.paths('latest').sort());
    expect(ours.map((path) => basename(path))).toContain('file');
  });
});
