/** What happens to a vault while its owner is off (R1, R2, R3, L3). */
import { afterEach, describe, expect, it } from 'vitest';
import { HOUR, MINUTE, Stage } from './stage.ts';

let stage: Stage;
afterEach(() => stage.stop());

describe('while the owner is away', () => {
  it("copies a lost peer's chunks to a new holder (R2)", async () => {
    stage = new Stage();
    const [alfa, bravo, charlie, delta] = await stage.enter4();
    const chunks = stage.chunks(40);
    await stage.backUp(chunks, [alfa, bravo, charlie, delta]);
    await stage.pass(10 * MINUTE);

    stage.kill(delta);
    await stage.pass(6 * MINUTE);
    expect(stage.healthOf(alfa, delta)).toBe('suspect');
    await stage.pass(14 * MINUTE);
    expect(stage.healthOf(alfa, delta)).toBe('away');
    expect(await stage.fewestCopies(chunks)).toBe(2);

    await stage.pass(2 * HOUR);
    expect(stage.healthOf(alfa, delta)).toBe('lost');
    expect(await stage.fewestCopies(chunks)).toBe(3);
    for (const actor of [alfa, bravo, charlie]) expect(stage.kept(actor).missing).toBe(0);
  });

  it('makes one extra copy at once when fewer than two live ones remain (R1)', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie, delta] = await stage.enter4();
    const others = await stage.enter(['echo', 'foxtrot', 'golf']);
    const chunks = stage.chunks(60);
    await stage.backUp(chunks, [alfa, bravo, charlie, delta, ...others]);
    await stage.pass(HOUR);
    expect([await stage.fewestCopies(chunks), await stage.mostCopies(chunks)]).toEqual([3, 3]);

    stage.kill(charlie);
    stage.kill(delta);
    await stage.pass(5 * MINUTE);
    expect(await stage.fewestCopies(chunks)).toBe(1);
    expect(await stage.passUntil(25 * MINUTE, async () => (await stage.fewestCopies(chunks)) === 2)).toBe(
      true,
    );
  });

  it('trims the surplus of a peer that returned, never below three (R3)', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie, delta] = await stage.enter4();
    const chunks = stage.chunks(40);
    await stage.backUp(chunks, [alfa, bravo, charlie, delta]);
    await stage.pass(10 * MINUTE);
    stage.kill(delta);
    await stage.pass(2 * HOUR + 30 * MINUTE);
    expect(await stage.fewestCopies(chunks)).toBe(3);

    await stage.comeBack(delta);
    expect(await stage.mostCopies(chunks)).toBe(4);
    let fewest = 3;
    const trimmed = await stage.passUntil(
      2 * HOUR,
      async () => {
        fewest = Math.min(fewest, await stage.fewestCopies(chunks));
        return (await stage.mostCopies(chunks)) === 3;
      },
      2 * MINUTE,
    );
    expect(trimmed).toBe(true);
    expect(fewest).toBe(3);
    expect(stage.actors.reduce((sum, actor) => sum + stage.kept(actor).surplus, 0)).toBe(0);
  });

  it('waits when more than a third vanish together: nobody repairs (R2)', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie, delta] = await stage.enter4();
    const [echo] = await stage.enter(['echo']);
    if (!echo) throw new Error('no echo');
    const chunks = stage.chunks(40);
    await stage.backUp(chunks, [alfa, bravo, charlie, delta, echo]);
    await stage.pass(10 * MINUTE);
    stage.kill(delta);
    stage.kill(echo);
    const before = stage.actors.map((actor) => stage.status(actor).repairedChunks);
    await stage.pass(3 * HOUR);
    expect(stage.healthOf(alfa, delta)).toBe('suspect');
    expect(stage.status(alfa).peers.filter(({ braked }) => braked)).toHaveLength(2);
    expect(stage.actors.map((actor) => stage.status(actor).repairedChunks)).toEqual(before);
  });

  it('spreads logs and the table to a member that was off (L3)', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie, delta] = await stage.enter4();
    const old = stage.chunks(20);
    await stage.backUp(old, [alfa, bravo, charlie, delta]);
    stage.kill(delta);
    const recent = stage.chunks(20);
    await stage.backUp(recent, [alfa, bravo, charlie, delta]);
    await stage.comeBack(delta);
    await stage.pass(3 * MINUTE);
    expect(stage.holding(delta).logs.heads()).toEqual(stage.holding(alfa).logs.heads());
    expect(stage.holding(delta).table.newest()?.table.version).toBe(2);
    expect(await stage.fewestCopies([...old, ...recent])).toBe(3);
  });

  it('reports a device that signed two entries in one place, once, and keeps its own (L3)', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie, delta] = await stage.enter4();
    await stage.backUp(stage.chunks(5), [alfa, bravo, charlie, delta]);
    const { logs } = stage.holding(alfa);
    const [head] = logs.heads();
    const one = stage.laptop.entryAt(1, head?.hash, { adds: [{ digest: stage.random.bytes(32), size: 9 }] });
    const two = stage.laptop.entryAt(1, head?.hash, { adds: [{ digest: stage.random.bytes(32), size: 8 }] });
    await stage.holding(alfa).append(one);
    await stage.holding(bravo).append(two);
    await stage.pass(20 * MINUTE);
    const forks = bravo.warnings.filter((warning) => warning.includes('signed two'));
    expect(new Set(forks).size).toBe(forks.length);
    expect(forks.length).toBeGreaterThan(0);
    expect(stage.kept(bravo).forks).toBeGreaterThan(0);
    expect(alfa.warnings.length).toBeLessThan(10);
  });
});
