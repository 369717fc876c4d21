import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeHolderTable } from '../../src/format/holder-table.ts';
import { encodeLogEntry, entryHash } from '../../src/format/log-entry.ts';
import { idText } from '../../src/model/ids.ts';
import { MiB } from '../../src/model/units.ts';
import type { SimulatedNetwork } from '../../src/network/simulated-network.ts';
import { type Handler, handler } from '../../src/protocol/handler.ts';
import * as methods from '../../src/protocol/methods.ts';
import { RemotePeer } from '../../src/protocol/remote-peer.ts';
import { serveStream } from '../../src/protocol/rpc-server.ts';
import { ByteGate } from '../../src/runtime/limiter.ts';
import { chunkPath } from '../../src/store/chunk-files.ts';
import { chunkStoreConformance, codeOf, sampleChunk, sampleChunks } from '../conformance/chunk-store.ts';
import { advertOf, type TestHolder, testVault, World } from './holder-fixture.ts';

const mine = testVault(1);
const other = testVault(2);

async function damage({ disk }: TestHolder, digest: Uint8Array): Promise<void> {
  const path = chunkPath(`/peer/vaults/${idText(mine.vault)}/chunks`, digest);
  const bytes = await disk.read(path);
  if (!bytes) throw new Error('nothing to damage');
  await disk.write(path, [bytes.map((byte, i) => (i === 7 ? byte ^ 1 : byte))]);
}

chunkStoreConformance('RemotePeer', async () => {
  const world = new World();
  const holder = await world.holder();
  const store = await world.remote(holder, mine);
  return { store, damage: (digest) => damage(holder, digest), end: () => world.end() };
});

describe('a remote peer', () => {
  let world: World;
  let holder: TestHolder;
  let remote: RemotePeer;
  beforeEach(async () => {
    world = new World();
    holder = await world.holder();
    remote = await world.remote(holder, mine);
  });
  afterEach(() => world.end());

  it('carries many large chunks at once in both directions (T1)', async () => {
    const chunks = sampleChunks(24, MiB / 2);
    await Promise.all(chunks.map((chunk) => remote.put(chunk)));
    const back = await Promise.all(chunks.map((chunk) => remote.get(chunk.digest)));
    expect(
      back.every((bytes, i) => bytes && Buffer.compare(bytes, chunks[i]?.bytes ?? bytes.slice(1)) === 0),
    ).toBe(true);
    expect(await remote.vaultUsage()).toEqual({ chunks: 24, bytes: 12 * MiB });
    expect(await codeOf(remote.get(sampleChunk('absent').digest).then(() => undefined))).toBe('no error');
  });

  it('looks up more names than one request carries', async () => {
    const chunk = sampleChunk('one of many');
    await remote.put(chunk);
    const digests = Array.from({ length: 5000 }, (_, i) =>
      i === 4999 ? chunk.digest : new Uint8Array(32).fill(i),
    );
    const answers = await remote.has(digests);
    expect([answers.length, answers.indexOf(true)]).toEqual([5000, 4999]);
  });

  it('shows who it is, signed (M4), and how far away it is', async () => {
    const advert = await remote.info();
    expect(advert).toMatchObject({ peer: holder.network.self, zone: 'house', freeBytes: 1000 });
    expect(await remote.pingMs()).toBeGreaterThanOrEqual(0);
  });

  it('keeps the log of a device and gives it back in pieces (L1, L3)', async () => {
    const entries = mine.log(5);
    expect(await remote.logHeads()).toEqual([]);
    for (const entry of entries) expect(await remote.logAppend(entry)).toBe('added');
    expect(await remote.logAppend(entries[4] ?? new Uint8Array(0))).toBe('known');
    expect(await remote.logHeads()).toMatchObject([{ device: mine.device, next: 5 }]);
    expect(await remote.logRead(mine.device, 2)).toEqual(entries.slice(2));
    expect(await remote.logRead(mine.device, 5)).toEqual([]);
    expect(await remote.logRead(other.device, 0)).toEqual([]);
  });

  it('passes on why a log entry was refused', async () => {
    const [first, , third] = mine.log(3);
    if (!first || !third) throw new Error('unreachable');
    expect(await codeOf(remote.logAppend(third))).toBe('not-found');
    expect(
      await codeOf(remote.logAppend(first.map((byte, i) => (i === first.length - 1 ? byte ^ 1 : byte)))),
    ).toBe('forgery');
    expect(await codeOf(remote.logAppend(new Uint8Array(10)))).toBe('corrupt');
    expect(await codeOf(remote.logAppend(other.log(1)[0] ?? first))).toBe('forgery');
    expect(await remote.logAppend(first)).toBe('added');
  });

  it('keeps the newest holder table', async () => {
    const members = [{ peer: holder.network.self, weight: 1, zone: 'house' }];
    const table = (version: number): Uint8Array =>
      encodeHolderTable({ vault: mine.vault, version, copies: 3, members }, mine.signVault);
    expect(await remote.tableRead()).toBeUndefined();
    expect(await remote.tableWrite(table(2))).toBe(true);
    expect(await remote.tableWrite(table(1))).toBe(false);
    expect(await remote.tableRead()).toEqual(table(2));
  });

  it('looks up dropped chunks in the trash only when asked to, and gets them back (L4)', async () => {
    const [dropped, kept] = [sampleChunk('dropped'), sampleChunk('kept')];
    await Promise.all([remote.put(dropped), remote.put(kept)]);
    await holder.holdings.vault(mine.vault)?.chunks.toTrash(dropped.digest);
    const digests = [dropped.digest, kept.digest, sampleChunk('absent').digest];
    expect(await remote.has(digests)).toEqual([false, true, false]);
    expect(await remote.has(digests, { trash: true })).toEqual([true, true, false]);
    expect(await remote.get(dropped.digest)).toEqual(dropped.bytes);
  });

  it('stores no chunk and no further entry of a retired device, but the entries before and those of others (L4)', async () => {
    const entries = mine.log(3);
    const [first, second, third] = entries;
    if (!first || !second || !third) throw new Error('unreachable');
    await remote.logAppend(first);
    expect(await remote.logAppend(mine.retirement([first, second]))).toBe('added');
    expect(await codeOf(remote.put(sampleChunk('late')))).toBe('denied');
    expect(await remote.logAppend(second)).toBe('added');
    expect(await codeOf(remote.logAppend(third))).toBe('denied');
    expect(await remote.logRead(mine.device, 0)).toEqual([first, second]);
  });

  it('lets a keeper device bring copies of what the logs keep alive, and nothing new (L4, R1)', async () => {
    const [live, unknown, dropped] = [sampleChunk('live'), sampleChunk('unknown'), sampleChunk('dropped')];
    const size = live.bytes.length;
    const adds = [live, dropped].map(({ digest }) => ({ digest, size }));
    const { vault, device, certificate, signDevice, signVault } = mine;
    const first = encodeLogEntry({ vault, device, sequence: 0, certificate, adds, drops: [] }, signDevice);
    const place = { vault, device, sequence: 1, previous: entryHash(first), adds: [] };
    await remote.logAppend(first);
    await remote.logAppend(encodeLogEntry({ ...place, drops: [dropped.digest] }, signDevice, signVault));
    const keeper = await world.remote(holder, mine, { hello: mine.helloOf('keeper') });
    await keeper.put(live);
    expect(await keeper.has([live.digest])).toEqual([true]);
    expect(await codeOf(keeper.put(unknown))).toBe('denied');
    expect(await codeOf(keeper.put(dropped))).toBe('denied');
    expect(await keeper.get(live.digest)).toEqual(live.bytes);
    const adder = await world.remote(holder, mine, { hello: mine.helloOf('append-only') });
    await adder.put(unknown);
    expect(await adder.has([unknown.digest])).toEqual([true]);
  });

  it('tells the holder of a vault once that it holds it (M3)', async () => {
    await Promise.all(sampleChunks(5).map((chunk) => remote.put(chunk)));
    await remote.logAppend(mine.log(1)[0] ?? new Uint8Array(0));
    expect(holder.announced).toEqual([mine.vault]);
  });

  it('lets every member read, and only devices of the vault write (L1)', async () => {
    const chunk = sampleChunk('shared');
    await remote.put(chunk);
    const reader = await world.remote(holder, mine, { hello: undefined });
    expect(await reader.get(chunk.digest)).toEqual(chunk.bytes);
    expect(await reader.has([chunk.digest])).toEqual([true]);
    expect(await codeOf(reader.put(sampleChunk('new')))).toBe('denied');
    expect(await codeOf(reader.logAppend(mine.log(1)[0] ?? chunk.bytes))).toBe('denied');
    expect(await reader.logHeads()).toEqual([]);
  });

  it.each([
    ['for another vault', { ...mine, hello: other.hello }],
    [
      'with the certificate of another device',
      { ...mine, hello: { ...mine.hello, certificate: other.certificate } },
    ],
    [
      'with a certificate that is none',
      { ...mine, hello: { ...mine.hello, certificate: new Uint8Array(100) } },
    ],
    [
      'that was made for another holder',
      {
        ...mine,
        hello: {
          ...mine.hello,
          prove: (_: string, client: string) => mine.hello.prove('12D3KooWother', client),
        },
      },
    ],
    [
      'that was made for another client',
      { ...mine, hello: { ...mine.hello, prove: (to: string) => mine.hello.prove(to, '12D3KooWother') } },
    ],
  ])('is denied writing by a hello %s', async (_, as) => {
    const thief = await world.remote(holder, as);
    expect(await codeOf(thief.put(sampleChunk('new')))).toBe('denied');
    expect(holder.holdings.vaults()).toEqual([]);
  });

  it('opens a new stream, with a new hello, after the holder was killed and came back', async () => {
    const [first, second] = [sampleChunk('first'), sampleChunk('second')];
    await remote.put(first);
    const pending = codeOf(remote.get(first.digest).then(() => undefined));
    world.hub.kill(holder.network.self);
    expect(['unavailable', 'no error']).toContain(await pending);
    expect(await codeOf(remote.get(first.digest))).toMatch(/unavailable|closed|timeout/);
    await world.clock.sleep(50);
    holder = await world.holder({}, holder.disk, 1);
    expect(holder.network.self).toBe(remote.peer);
    await remote.put(second);
    expect(await remote.get(first.digest)).toEqual(first.bytes);
  });

  it('rejects what is outstanding, and all that follows, with closed after close', async () => {
    const pending = sampleChunks(5, MiB).map((chunk) => codeOf(remote.put(chunk)));
    await remote.close();
    for (const code of await Promise.all(pending)) expect(code).toBe('closed');
    expect(await codeOf(remote.info())).toBe('closed');
    await remote.close();
  });

  it('says unavailable for a peer that nobody can reach', async () => {
    const network = await world.node('client');
    const ghost = new RemotePeer({ network, peer: '12D3KooWghost', vault: mine.vault, clock: world.clock });
    expect(await codeOf(ghost.get(sampleChunk(1).digest))).toBe('unavailable');
    await ghost.close();
  });

  it('answers the other callers when one gives up waiting for the stream', async () => {
    world.hub.latencyMs = () => 5;
    const aborter = new AbortController();
    const given = remote.info({ signal: aborter.signal });
    const kept = remote.info();
    aborter.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    expect((await kept).name).toBe('attic');
  });

  it('lets writes finish before the service of a holder has stopped (L5)', async () => {
    const chunk = sampleChunk('last', MiB);
    const put = codeOf(remote.put(chunk));
    await world.clock.sleep(5);
    await holder.service.stop();
    expect(['unavailable', 'no error']).toContain(await put);
    expect(await codeOf(remote.info())).toBe('unavailable');
  });
});

describe('a peer that lies', () => {
  const chunk = sampleChunk('honest');
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.end());

  /** A holder with handlers of its own. */
  async function liar(make: (network: SimulatedNetwork) => Handler[]): Promise<RemotePeer> {
    const network = await world.node('server');
    const credulous = handler(methods.hello, async (_, __, session) => {
      session.authorised = { vault: mine.vault, device: mine.device, role: 'full' };
      return { meta: {} };
    });
    const all = [credulous, ...make(network)];
    const served = new Map(all.map((one) => [one.method.number, one]));
    const options = { handlers: served, clock: world.clock, gate: new ByteGate(MiB) };
    for (const protocol of [methods.CONTROL_PROTOCOL, methods.BULK_PROTOCOL]) {
      await network.handle(protocol, (stream) => void serveStream(stream, options));
    }
    return world.remote({ network }, mine);
  }

  it('about a chunk is named as corrupt (L5)', async () => {
    const remote = await liar(() => [
      handler(methods.get, async () => ({ meta: { found: true }, payload: chunk.bytes.slice(1) })),
    ]);
    await expect(remote.get(chunk.digest)).rejects.toMatchObject({
      code: 'corrupt',
      data: { peer: remote.peer },
    });
  });

  it('about keeping a chunk is not counted as a holder (L5)', async () => {
    const receipts = [new Uint8Array(64), mine.signDevice(chunk.digest)];
    for (const receipt of receipts) {
      const remote = await liar(() => [handler(methods.put, async () => ({ meta: { receipt } }))]);
      await expect(remote.put(chunk)).rejects.toMatchObject({ code: 'corrupt', data: { peer: remote.peer } });
    }
  });

  it('about itself is not believed (M4)', async () => {
    const twin = await world.node('server');
    const foreign = await liar(() => [
      handler(methods.info, async () => ({ meta: {}, payload: advertOf(twin) })),
    ]);
    expect(await codeOf(foreign.info())).toBe('corrupt');
    const forged = await liar((network) => [
      handler(methods.info, async () => ({ meta: {}, payload: advertOf(twin, network.self) })),
    ]);
    expect(await codeOf(forged.info())).toBe('forgery');
  });

  it('about how many chunks it was asked for is caught', async () => {
    const remote = await liar(() => [
      handler(methods.has, async () => ({ meta: {}, payload: new Uint8Array(3) })),
      handler(methods.logRead, async () => ({ meta: {}, payload: Uint8Array.of(0, 0, 1, 0, 5) })),
    ]);
    expect(await codeOf(remote.has([chunk.digest]))).toBe('corrupt');
    expect(await codeOf(remote.logRead(mine.device, 0))).toBe('bad-frame');
  });
});
