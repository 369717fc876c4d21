import { describe, expect, it } from 'vitest';
import { entryHash } from '../../src/format/log-entry.ts';
import { LogPull, type LogSource } from '../../src/maintenance/log-pull.ts';
import { Reports } from '../../src/maintenance/reports.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import { Holdings, type VaultHolding } from '../../src/store/holdings.ts';
import { SampleDevice, SampleVault } from '../store/sample-log.ts';

const { signal } = new AbortController();

async function ourHolding(vault: SampleVault): Promise<VaultHolding> {
  const disk = new MemoryDisk();
  const place = { disk, folder: '/peer', self: 'us', capacityBytes: 1e9, floorBytes: 0 };
  return (await Holdings.open({ ...place, clock: new SimulatedClock() })).vault(vault.id, true);
}

/** A co-holder that shows these entries as one device's log, three an answer. */
function showing(device: SampleDevice, entries: readonly Uint8Array[], next = entries.length): LogSource {
  const last = entries.at(-1);
  return {
    peer: 'them',
    logHeads: () => Promise.resolve(last ? [{ device: device.id, next, hash: entryHash(last) }] : []),
    logRead: (_, from) => Promise.resolve(entries.slice(from, from + 3)),
  };
}

function pulling(): { said: string[]; pull: LogPull } {
  const said: string[] = [];
  return { said, pull: new LogPull(new Reports((message) => said.push(message))) };
}

describe('LogPull (L3)', () => {
  it('takes over what it lacks, over many answers, and nothing twice', async () => {
    const vault = new SampleVault();
    const device = new SampleDevice(vault);
    const entries = device.entries(10);
    const holding = await ourHolding(vault);
    const { said, pull } = pulling();
    expect(await pull.pull(showing(device, entries), holding, signal)).toBe(10);
    expect(await pull.pull(showing(device, entries), holding, signal)).toBe(0);
    expect(holding.logs.heads()[0]?.next).toBe(10);
    expect(said).toEqual([]);
  });

  it('thinks nothing of a co-holder that is merely behind', async () => {
    const vault = new SampleVault();
    const device = new SampleDevice(vault);
    const entries = device.entries(5);
    const holding = await ourHolding(vault);
    const { said, pull } = pulling();
    await pull.pull(showing(device, entries), holding, signal);
    const other = pulling();
    expect(await other.pull.pull(showing(device, entries.slice(0, 2)), holding, signal)).toBe(0);
    expect([...said, ...other.said]).toEqual([]);
  });

  it('reports a log that became shorter, once', async () => {
    const vault = new SampleVault();
    const device = new SampleDevice(vault);
    const entries = device.entries(5);
    const holding = await ourHolding(vault);
    const { said, pull } = pulling();
    await pull.pull(showing(device, entries), holding, signal);
    for (let i = 0; i < 3; i++) await pull.pull(showing(device, entries.slice(0, 2)), holding, signal);
    expect(said).toEqual([expect.stringContaining('it shows 2 entries after it had shown 5')]);
  });

  it('keeps its own log where two differ, whoever has more, and reports the fork once', async () => {
    const vault = new SampleVault();
    const device = new SampleDevice(vault);
    const [first = new Uint8Array()] = device.entries(1);
    const hash = entryHash(first);
    const add = (size: number) => ({ adds: [{ digest: new Uint8Array(32), size }] });
    const ours = device.entryAt(1, hash, add(1));
    const theirs = device.entryAt(1, hash, add(2));
    const longer = device.entryAt(2, entryHash(theirs), add(3));
    const holding = await ourHolding(vault);
    for (const entry of [first, ours]) await holding.append(entry);
    const { said, pull } = pulling();
    for (const fork of [
      [first, theirs],
      [first, theirs, longer],
      [first, theirs, longer],
    ]) {
      expect(await pull.pull(showing(device, fork), holding, signal)).toBe(0);
    }
    expect(holding.logs.heads()[0]?.hash).toEqual(entryHash(ours));
    expect(said).toHaveLength(2);
    expect(said[0]).toContain('signed two');
    expect(said[1]).toContain('refused');
  });

  it('refuses gaps and entries that nobody signed', async () => {
    const vault = new SampleVault();
    const device = new SampleDevice(vault);
    const entries = device.entries(4);
    const forged = (entries[1] ?? new Uint8Array()).slice();
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    const holding = await ourHolding(vault);
    const { said, pull } = pulling();
    const gap = [entries[0], entries[2], entries[3]].filter((entry) => entry !== undefined);
    expect(await pull.pull(showing(device, gap, 4), holding, signal)).toBe(1);
    const lies = [entries[0], forged, entries[2]].filter((entry) => entry !== undefined);
    expect(await pull.pull(showing(device, lies, 5), holding, signal)).toBe(0);
    expect(holding.logs.heads()[0]?.next).toBe(1);
    expect(said).toHaveLength(2);
    expect(await pull.pull(showing(device, entries, 5), holding, signal)).toBe(3);
  });
});
