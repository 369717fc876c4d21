/** Peers on the owner's own machine while he is off: nobody relies on them (P2). */
import { afterEach, describe, expect, it } from 'vitest';
import { type Actor, HOUR, MINUTE, Stage } from './stage.ts';

const MINE = 'tag of the laptop';
let stage: Stage;
afterEach(() => stage.stop());

async function enterMine(): Promise<Actor> {
  const [desk] = await stage.enter(['desk'], { machine: MINE });
  if (!desk) throw new Error('desk did not come');
  return desk;
}

/** The owner writes from the laptop, which the table tells holders to avoid. */
async function backUp(holders: readonly Actor[]) {
  const chunks = stage.chunks(30);
  const adds = chunks.map(({ digest, bytes }) => ({ digest, size: bytes.length }));
  await stage.write(holders, { chunks, entry: stage.laptop.entry({ adds }), avoid: [MINE] });
  return chunks;
}

describe("a peer on the owner's machine", () => {
  it('is not recruited, though nobody else is there; the first peer from elsewhere is (P2, R2)', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie] = await stage.enter(['alfa', 'bravo', 'charlie']);
    const desk = await enterMine();
    if (!alfa || !bravo || !charlie) throw new Error('nobody');
    const chunks = await backUp([alfa, bravo, charlie]);
    await stage.pass(10 * MINUTE);
    stage.kill(alfa);
    await stage.pass(3 * HOUR);
    expect(stage.kept(bravo).short).toBe(1);
    expect(desk.holdings.vaults()).toEqual([]);

    await stage.enter(['echo']);
    expect(await stage.passUntil(HOUR, async () => (await stage.fewestCopies(chunks)) === 3)).toBe(true);
    expect(desk.holdings.vaults()).toEqual([]);
  });

  it('that is a member hands its copies to others and lets them go (P2, R3)', async () => {
    stage = new Stage();
    const desk = await enterMine();
    const [alfa, bravo, charlie] = await stage.enter(['alfa', 'bravo', 'charlie']);
    if (!alfa || !bravo || !charlie) throw new Error('nobody');
    const chunks = await backUp([desk, alfa, bravo, charlie]);
    const elsewhere = async (): Promise<number> => {
      const counts = await Promise.all(
        chunks.map(
          async ({ digest }) => (await stage.whoHas(digest)).filter((actor) => actor !== desk).length,
        ),
      );
      return Math.min(...counts);
    };
    expect(await elsewhere()).toBe(2);
    expect(await stage.passUntil(HOUR, async () => (await elsewhere()) === 3)).toBe(true);
    const gone = await stage.passUntil(2 * HOUR, async () => (await stage.mostCopies(chunks)) === 3);
    expect([gone, await elsewhere()]).toEqual([true, 3]);
    expect(stage.kept(desk)).toMatchObject({ keeping: 0, declined: 256 });
  });
});
