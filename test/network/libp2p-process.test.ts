import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/model/bytes.ts';
import { startLibp2pNetwork } from '../../src/network/libp2p-network.ts';
import type { Network } from '../../src/network/network.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { eventually } from '../conformance/network.ts';

interface Ready {
  readonly self: string;
  readonly addresses: readonly [string];
  readonly error?: string;
}

describe('a node in a process of its own', () => {
  let folder: string;
  let network: Network;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vault-network-'));
    const prologue = new Uint8Array(32).fill(7);
    network = await startLibp2pNetwork({
      listen: [],
      mode: 'client',
      bootstrap: [],
      prologue,
      clock: systemClock,
    });
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await network.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(...args: readonly string[]): Promise<{ child: ChildProcess; ready: Ready }> {
    const script = join(import.meta.dirname, 'child-node.ts');
    const child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    return { child, ready: JSON.parse(line) as Ready };
  }

  it('ends every stream of the others when it is killed with -9', async () => {
    const { child, ready } = await start();
    await network.connect(ready.addresses[0]);
    const stream = await network.open(ready.self, '/vault-test/1');
    const echoed = new Promise<void>((resolve) => {
      stream.receive(() => {
        resolve();
        return undefined;
      });
    });
    await stream.send([utf8('are you there?')]);
    await echoed;
    const killedMs = performance.now();
    child.kill('SIGKILL');
    await stream.ended;
    expect(performance.now() - killedMs).toBeLessThan(3000);
    await expect(stream.send([new Uint8Array(4_000_000)])).rejects.toMatchObject({ code: 'closed' });
    await expect(network.connect(ready.addresses[0])).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('stopped with SIGSTOP, delays no search of the DHT by others (M3, T3)', async () => {
    const key = new Uint8Array(32).fill(5);
    const first = await start();
    const others = await Promise.all([1, 2, 3].map(() => start('', first.ready.addresses[0])));
    const all = [first, ...others].map(({ ready }) => ready.self).sort();
    const search = async (limitMs: number): Promise<string[]> => {
      const client = { listen: [], mode: 'client', bootstrap: first.ready.addresses } as const;
      const prologue = new Uint8Array(32).fill(7);
      const visitor = await startLibp2pNetwork({ ...client, prologue, clock: systemClock });
      const found: string[] = [];
      try {
        for await (const peer of visitor.find(key, { signal: AbortSignal.timeout(limitMs) })) {
          if (found.push(peer) === all.length) break;
        }
      } finally {
        await visitor.stop();
      }
      return found.sort();
    };
    await eventually(async () => (await search(2500)).length === all.length, 20_000);
    others[0]?.child.kill('SIGSTOP');
    for (let i = 0; i < 4; i++) expect(await search(3000)).toEqual(all);
  });

  it('refuses a folder another process uses, and comes back on it after a kill -9', async () => {
    const first = await start(folder);
    expect((await start(folder)).ready).toEqual({ error: 'locked' });
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    expect((await start(folder)).ready.addresses).toHaveLength(1);
  });

  it('can exit by itself after stop(): no timer, socket or file is left', async () => {
    const { ready } = await start();
    const { child } = await start(folder, ready.addresses[0]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    child.stdin?.end();
    const exited = once(child, 'exit') as Promise<[number | null]>;
    const late = new Promise<string>((resolve) => setTimeout(() => resolve('still running'), 8000).unref());
    expect(await Promise.race([exited.then(([code]) => code), late])).toBe(0);
  });
});
