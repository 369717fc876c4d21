/** A chunk of earlier backups that nobody seems to have any more is sent again, while the source still has what is in it (S4, L2). */
import { afterEach, describe, expect, it } from 'vitest';
import { type Actor, Stage } from '../scenarios/stage.ts';
import { StagedOwner } from './staged-owner.ts';

let stage: Stage;
afterEach(() => stage.stop());

/** Five members have a backup; of one of its chunks no copy is left on those of them that live. */
async function oneChunkGone(
  dead: readonly string[],
): Promise<{ owner: StagedOwner; copies: () => Promise<number> }> {
  stage = new Stage();
  const actors = await stage.enter(['alfa', 'bravo', 'charlie', 'delta', 'echo']);
  const owner = new StagedOwner(stage);
  await owner.create(actors);
  await owner.backUp();
  const holdingOf = (actor: Actor) => {
    const [vault] = actor.holdings.vaults();
    const holding = vault && actor.holdings.vault(vault);
    if (!holding) throw new Error(`${actor.label} keeps nothing`);
    return holding;
  };
  const digest = holdingOf(actors[0] as Actor).books.sampleKept(0.5)?.digest;
  if (!digest) throw new Error('no chunk');
  for (const actor of actors) {
    if (dead.includes(actor.label)) stage.kill(actor);
    else await holdingOf(actor).chunks.remove(digest);
  }
  const copies = async (): Promise<number> => {
    const has = actors
      .filter(({ up }) => up)
      .map(async (actor) => (await holdingOf(actor).chunks.has([digest]))[0]);
    return (await Promise.all(has)).filter(Boolean).length;
  };
  return { owner, copies };
}

async function backUpAgain(owner: StagedOwner): Promise<number> {
  return (await owner.visit((vault) => vault.backup({ paths: ['/data'] }))).copiesMin;
}

describe('a chunk that no living holder has', () => {
  it('is sent again, also while one of five holders is silent', async () => {
    const { owner, copies } = await oneChunkGone(['delta']);
    expect(await copies()).toBe(0);
    expect(await backUpAgain(owner)).toBe(2); // of other chunks the third copy is on the silent one
    expect(await copies()).toBe(3);
  });

  it('is not while so many are silent that they may have all its copies', async () => {
    const { owner, copies } = await oneChunkGone(['charlie', 'delta', 'echo']);
    expect(await backUpAgain(owner)).toBe(0);
    expect(await copies()).toBe(0);
  });
});
