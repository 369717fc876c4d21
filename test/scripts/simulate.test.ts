import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { chooseFaults, KINDS } from '../../scripts/simulate/faults.ts';
import { Workload } from '../../scripts/simulate/workload.ts';
import type { SimulatedPeer } from '../../scripts/simulate/world.ts';
import { compareTrees } from '../../src/backup/compare.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'vault-test-'));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

const peers: SimulatedPeer[] = Array.from({ length: 8 }, (_, i) => ({
  name: `peer-${i}`,
  folder: `/nowhere/peer-${i}`,
  process: undefined,
}));

function faultsOf(seed: string): readonly string[] {
  return chooseFaults(peers, 3, new SeededRandom(seed)).map(
    ({ peer, kind, time }) => `${peer.name} ${kind} ${time}`,
  );
}

/** Contents and names only: times are those of this run. */
async function sameTrees(a: string, b: string): Promise<boolean> {
  const differences = await compareTrees(a, b);
  return differences.every(({ kind }) => kind === 'mtime');
}

describe('the simulation', () => {
  it('chooses the same failures for the same seed, others for another, and no peer twice', () => {
    expect(faultsOf('a')).toEqual(faultsOf('a'));
    expect(faultsOf('a')).not.toEqual(faultsOf('b'));
    for (let seed = 0; seed < 100; seed++) {
      expect(new Set(faultsOf(`${seed}`).map((fault) => fault.split(' ')[0])).size).toBe(3);
    }
  });

  it('strikes with every kind, and destroys copies only when the backup is done', () => {
    const faults = Array.from({ length: 200 }, (_, seed) =>
      chooseFaults(peers, 3, new SeededRandom(`${seed}`)),
    ).flat();
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(KINDS));
    const destroying = faults.filter(({ kind }) => ['delete', 'corrupt', 'lie', 'wipe'].includes(kind));
    expect(new Set(destroying.map(({ time }) => time))).toEqual(new Set(['after']));
  });

  it('keeps to the kinds it is given', () => {
    const faults = chooseFaults(peers, 8, new SeededRandom('x'), ['cut', 'slow']);
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(['cut', 'slow']));
  });

  it('makes and changes the same files for the same seed', async () => {
    const made = ['one', 'two'].map((name) => new Workload(path.join(root, name), new SeededRandom('files')));
    const changes = made.map((workload) => {
      workload.populate(40, 300_000);
      return workload.mutate(60).map(({ kind, file }) => `${kind} ${path.relative(workload.root, file)}`);
    });
    expect(changes[0]).toEqual(changes[1]);
    expect(new Set(changes[0]?.map((change) => change.split(' ')[0])).size).toBeGreaterThan(4);
    expect(await sameTrees(path.join(root, 'one'), path.join(root, 'two'))).toBe(true);
  });
});
