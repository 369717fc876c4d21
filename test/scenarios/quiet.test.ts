/** A mesh in which nothing happens, and peers that end. */
import { afterEach, describe, expect, it } from 'vitest';
import { KiB } from '../../src/model/units.ts';
import { HOUR, MINUTE, Stage } from './stage.ts';

let stage: Stage;
afterEach(() => stage.stop());

/** Bytes that any node sends from now on. */
function meter(): { bytes: number } {
  const meter = { bytes: 0 };
  const delayMs = stage.hub.delayMs.bind(stage.hub);
  stage.hub.delayMs = (from, to, bytes) => {
    meter.bytes += bytes;
    return delayMs(from, to, bytes);
  };
  return meter;
}

describe('a quiet mesh', () => {
  it('costs few kilobytes per pair of peers and minute, however many chunks it keeps', async () => {
    const costs: number[] = [];
    for (const count of [10, 300]) {
      stage = new Stage({ settings: { auditMs: 100 * HOUR } });
      const holders = await stage.enter4();
      await stage.backUp(stage.chunks(count, 100), holders);
      await stage.pass(HOUR);
      const sent = meter();
      await stage.pass(10 * MINUTE);
      costs.push(sent.bytes / 10 / 6);
      if (count === 10) await stage.stop();
    }
    const [few = 0, many = 0] = costs;
    expect(many).toBeLessThan(2 * KiB);
    expect(Math.abs(many - few)).toBeLessThan(0.2 * few);
  });

  it('falls silent when its peers are stopped, and a halted one writes nothing more', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie, delta] = await stage.enter4();
    await stage.backUp(stage.chunks(20), [alfa, bravo, charlie, delta]);
    await stage.pass(7 * MINUTE);
    const writes: string[] = [];
    delta.disk.fault = (operation, path) => {
      if (operation === 'write') writes.push(path);
    };
    delta.node.halt();
    stage.hub.kill(delta.name);
    delta.up = false;
    await stage.pass(HOUR);
    expect(writes).toEqual([]);

    for (const actor of [alfa, bravo, charlie]) {
      await stage.run(actor.node.stop());
      await stage.run(actor.network.stop());
      actor.up = false;
    }
    const sent = meter();
    await stage.pass(HOUR);
    expect(sent.bytes).toBe(0);
    expect(alfa.warnings).toEqual([]);
  });

  it('remembers across a restart who has been silent for how long (R1)', async () => {
    stage = new Stage();
    const [alfa, bravo, charlie, delta] = await stage.enter4();
    await stage.backUp(stage.chunks(5), [alfa, bravo, charlie, delta]);
    await stage.pass(5 * MINUTE);
    stage.kill(delta);
    await stage.pass(HOUR);
    await stage.run(alfa.node.stop());
    stage.hub.kill(alfa.name);
    await stage.pass(HOUR);
    await stage.comeBack(alfa);
    const silent = stage.status(alfa).peers.find(({ peer }) => peer === delta.name);
    expect(silent?.health).toBe('away');
    expect(silent?.silentMs).toBeGreaterThan(55 * MINUTE);
    expect(silent?.silentMs).toBeLessThan(65 * MINUTE);
  });
});
