/** What a peer says of safety, and removes on the strength of it, when others say the same of themselves at the same time (R3, R5, S4). */
import { afterEach, describe, expect, it } from 'vitest';
import { type Actor, DAY, HOUR, MINUTE, Stage } from './stage.ts';

let stage: Stage;
afterEach(() => stage.stop());

const safe = (actor: Actor): boolean => stage.status(actor).safeToLeave;

async function enter2(): Promise<[Actor, Actor]> {
  const [alfa, bravo] = await stage.enter(['alfa', 'bravo']);
  if (!alfa || !bravo) throw new Error('somebody did not come');
  return [alfa, bravo];
}

describe('two that are drained at once', () => {
  it('are never both safe to leave because of each other (R5, S4)', async () => {
    stage = new Stage({ settings: { leaseMs: HOUR } });
    const [alfa, bravo] = await enter2();
    const [chunk] = stage.chunks(1);
    if (!chunk) throw new Error('no chunk');
    await stage.backUp([chunk], [alfa, bravo], 1);
    await stage.pass(5 * MINUTE);
    const keeps = (actor: Actor): boolean => stage.kept(actor).keeping > 128;
    const [first, second] = keeps(alfa) ? [alfa, bravo] : [bravo, alfa];
    for (const [one, other] of [
      [first, second],
      [second, first],
    ] as const) {
      await stage.run(one.node.drain(true));
      await stage.passUntil(20 * MINUTE, () => safe(one));
      await stage.run(other.node.drain(true));
      for (let i = 0; i < 20; i++) {
        await stage.pass(MINUTE);
        expect([one, other].filter(safe).length).toBeLessThan(2);
      }
      await stage.run(one.node.drain(false));
      await stage.run(other.node.drain(false));
      await stage.pass(10 * MINUTE);
    }
  });
});

describe('a drained peer', () => {
  it('is not safe to leave while it has the only copy of a live chunk in its trash (L4, S4)', async () => {
    stage = new Stage();
    const [alfa, bravo] = await enter2();
    const chunks = stage.chunks(10);
    await stage.backUp(chunks, [alfa, bravo], 1);
    await stage.pass(3 * MINUTE);
    for (const chunk of chunks) {
      await stage.holding(alfa).chunks.put(chunk);
      await stage.holding(alfa).chunks.toTrash(chunk.digest);
      await stage.holding(bravo).chunks.remove(chunk.digest);
    }
    await stage.run(alfa.node.drain(true));
    await stage.run(alfa.node.runOnce('drain'));
    expect(stage.status(alfa)).toMatchObject({ draining: true, safeToLeave: false });
  });
});

describe('a chunk that a liar claims', () => {
  it('is fetched from whoever really has it, if only in the trash (R2, R4)', async () => {
    stage = new Stage({ settings: { auditMs: 10 * DAY } });
    const [alfa, bravo, charlie] = await stage.enter(['alfa', 'bravo', 'charlie']);
    if (!alfa || !bravo || !charlie) throw new Error('somebody did not come');
    const chunks = stage.chunks(3);
    await stage.backUp(chunks, [alfa, bravo, charlie]);
    await stage.pass(3 * MINUTE);
    const liar = stage.holding(bravo).chunks;
    liar.get = () => Promise.resolve(undefined);
    liar.has = (digests) => Promise.resolve(digests.map(() => true));
    stage.holding(charlie).chunks.fromTrash = () => Promise.resolve(false);
    for (const { digest } of chunks) await stage.holding(charlie).chunks.toTrash(digest);
    await stage.pass(3 * MINUTE);
    for (const { digest } of chunks) await stage.holding(alfa).chunks.remove(digest);
    const whole = (): boolean => stage.kept(alfa).missing === 0;
    expect(whole()).toBe(false);
    expect(await stage.passUntil(HOUR, whole)).toBe(true);
  });
});
