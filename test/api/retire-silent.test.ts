/** A device is retired only when every holder has shown what it knows of it (L2, S4). */
import { afterEach, expect, it } from 'vitest';
import { Stage } from '../scenarios/stage.ts';
import { StagedOwner } from './staged-owner.ts';

let stage: Stage;
afterEach(() => stage.stop());

it('is refused while a holder is silent that may have its newest backup, and done when it is back', async () => {
  stage = new Stage();
  const [alfa, bravo, charlie] = await stage.enter(['alfa', 'bravo', 'charlie']);
  if (!alfa || !bravo || !charlie) throw new Error('nobody');
  const owner = new StagedOwner(stage);
  await owner.create([alfa, bravo, charlie]);
  await owner.backUp();
  const other = await owner.another('second');
  await other.backUp();
  stage.kill(charlie);
  const retire = () => other.visit((vault) => vault.retireDevice({ device: 'owner' }));
  await expect(retire()).rejects.toMatchObject({ code: 'unavailable' });
  const list = () => other.visit((vault) => vault.devices());
  expect((await list()).map(({ retired }) => retired)).toEqual([false, false]);
  await stage.comeBack(charlie);
  await stage.pass(60_000);
  expect(await retire()).toMatchObject({ device: 'owner', snapshotsTakenOver: 1 });
});
