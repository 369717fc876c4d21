/** What members of a vault ask each other: bounded, open to every member of the mesh, believed by nobody (R2-R4, T1). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/crypto/digest.ts';
import { possessionProof } from '../../src/crypto/possession.ts';
import { MAX_TABLE_BYTES } from '../../src/format/holder-table.ts';
import { encodeMemberList } from '../../src/format/member-list.ts';
import { MAX_RECRUITMENT_BYTES, MAX_RECRUITS } from '../../src/format/recruitment.ts';
import { VaultError } from '../../src/model/errors.ts';
import { groupOf } from '../../src/model/ids.ts';
import type { SimulatedNetwork } from '../../src/network/simulated-network.ts';
import { FRAME_ERROR, type Frame, FrameDecoder } from '../../src/protocol/frames.ts';
import type { ProveAsk } from '../../src/protocol/holder-duties.ts';
import { decodeMeta } from '../../src/protocol/meta.ts';
import { CONTROL_PROTOCOL } from '../../src/protocol/methods.ts';
import { proveChunks } from '../../src/protocol/prove-chunks.ts';
import type { RemotePeer } from '../../src/protocol/remote-peer.ts';
import { codeOf, sampleChunk, sampleChunks } from '../conformance/chunk-store.ts';
import { type TestHolder, testVault, World } from './holder-fixture.ts';
import { rawFrame } from './stream-pair.ts';
import { LIST, TABLE, TestDuties } from './test-duties.ts';

const owner = testVault(1);
const { vault } = owner;
const zeros = new Uint8Array(32);

let world: World;
let holder: TestHolder;
let duties: TestDuties;
let remote: RemotePeer;
let network: SimulatedNetwork;
beforeEach(async () => {
  world = new World();
  holder = await world.holder({}, undefined, undefined, (of) => {
    duties = new TestDuties(of);
    return duties;
  });
  network = await world.node('client');
  remote = await world.remote(holder, owner, { network });
});
afterEach(() => world.end());

describe('a member of a vault', () => {
  it('tells who the other members are, to anybody in the mesh', async () => {
    const stranger = await world.remote(holder, owner, { hello: undefined });
    expect(await stranger.members()).toEqual(LIST);
  });

  it('passes on the largest list of members there may be, and takes it (T1)', async () => {
    const recruits = Array.from({ length: MAX_RECRUITS }, (_, i) =>
      new Uint8Array(MAX_RECRUITMENT_BYTES).fill(i),
    );
    const largest = { table: new Uint8Array(MAX_TABLE_BYTES).fill(1), recruits };
    duties.members = () => largest;
    expect(await remote.members()).toEqual(largest);
    expect(await remote.invite(largest)).toBe(true);
  });

  it('tells what it keeps, and repeats no table that the asker has (R2)', async () => {
    const ask = { members: digestOf(zeros), logs: digestOf(TABLE), seen: zeros };
    const answer = await remote.compare(ask);
    expect(answer).toEqual(duties.compare(vault, ask, network.self));
    expect(duties.asked[0]).toEqual({ ...ask, from: network.self });
    const again = await remote.compare({ ...ask, seen: answer.holdings });
    expect(again).toEqual({ ...answer, table: undefined });
  });

  it('proves what it keeps with the nonce of the asker, and says what it has not (R4)', async () => {
    const [first, absent, last] = sampleChunks(3);
    if (!first || !absent || !last) throw new Error('unreachable');
    await Promise.all([remote.put(first), remote.put(last)]);
    const nonce = new Uint8Array(32).fill(5);
    const digests = [first.digest, absent.digest, last.digest];
    const answer = await remote.prove({ nonce, group: 0, pledge: false, digests });
    const expected = (chunk: typeof first): Uint8Array =>
      possessionProof({ nonce, vault, ...chunk, prover: holder.network.self });
    expect(answer).toEqual({ pledged: false, proofs: [expected(first), undefined, expected(last)] });
  });

  it('pledges for one group at a time, and for no chunk of another group (R3)', async () => {
    const { digest } = sampleChunk('any');
    const ask = { nonce: zeros, pledge: true, digests: [digest] };
    expect((await remote.prove({ ...ask, group: groupOf(digest) })).pledged).toBe(true);
    expect(await codeOf(remote.prove({ ...ask, group: groupOf(digest) ^ 1 }))).toBe('bad-frame');
    expect(await remote.prove({ ...ask, group: 7, digests: [] })).toEqual({ pledged: true, proofs: [] });
  });

  it('hears of an invitation without a hello, and announces a vault that it accepts once (M3)', async () => {
    const guest = await world.remote(holder, owner, { hello: undefined });
    duties.accepts = false;
    expect(await guest.invite(LIST)).toBe(false);
    expect(holder.announced).toEqual([]);
    duties.accepts = true;
    expect([await guest.invite(LIST), await guest.invite(LIST)]).toEqual([true, true]);
    expect(holder.announced).toEqual([vault]);
    expect(duties.asked[0]).toMatchObject({ list: LIST });
  });

  it('announces a vault anew that it has forgotten meanwhile (M3)', async () => {
    await remote.invite(LIST);
    holder.service.forgetVault(vault);
    await remote.put(sampleChunk('again'));
    expect(holder.announced).toEqual([vault, vault]);
  });

  it('hears whoever asks anything of it (R1)', async () => {
    await remote.vaultUsage();
    await remote.get(sampleChunk('any').digest);
    await remote.put(sampleChunk('any'));
    const hellos = 2;
    expect(duties.heardOf).toEqual(Array.from({ length: 3 + hellos }, () => network.self));
  });

  it('proves nothing that lies in its trash only (R4)', async () => {
    const chunk = sampleChunk('dropped');
    await remote.put(chunk);
    await holder.holdings.vault(vault)?.chunks.toTrash(chunk.digest);
    const ask = { nonce: zeros, group: 0, pledge: false, digests: [chunk.digest] };
    expect((await remote.prove(ask)).proofs).toEqual([undefined]);
  });

  it('denies all of it when nobody there looks after vaults', async () => {
    const idle = await world.remote(await world.holder(), owner);
    const ask = { nonce: zeros, group: 0, pledge: false, digests: [] };
    const codes = [
      codeOf(idle.members()),
      codeOf(idle.invite(LIST)),
      codeOf(idle.compare({ members: zeros, logs: zeros, seen: zeros })),
      codeOf(idle.prove(ask)),
    ];
    expect(await Promise.all(codes)).toEqual(['denied', 'denied', 'denied', 'denied']);
    expect(await idle.logHeads()).toEqual([]);
  });
});

describe('a member of a vault under attack', () => {
  const asking: ProveAsk = { nonce: zeros, group: 0, pledge: false, digests: [zeros] };
  const manyProofs = (count: number): Promise<string[]> =>
    Promise.all(Array.from({ length: count }, () => codeOf(remote.prove(asking))));

  it('makes few proofs at a time, and refuses who asks too many at once (T4)', async () => {
    let go = (): void => undefined;
    duties.hold = new Promise((resolve) => {
      go = resolve;
    });
    const codes = manyProofs(8);
    const other = await world.remote(holder, owner);
    const patient = other.prove(asking);
    await other.vaultUsage();
    expect(duties.proving).toBe(3);
    go();
    expect((await codes).toSorted()).toEqual([
      ...Array.from({ length: 4 }, () => 'no error'),
      ...Array.from({ length: 4 }, () => 'unavailable'),
    ]);
    expect((await patient).proofs).toEqual([undefined]);
    expect(await manyProofs(4)).not.toContain('unavailable');
  });

  it('lets nobody wait longer because askers are gone', async () => {
    let go = (): void => undefined;
    duties.hold = new Promise((resolve) => {
      go = resolve;
    });
    const codes = manyProofs(4);
    await remote.vaultUsage();
    await remote.close();
    expect(new Set(await codes)).toEqual(new Set(['closed']));
    go();
    duties.hold = undefined;
    const other = await world.remote(holder, owner);
    expect((await other.prove(asking)).proofs).toEqual([undefined]);
    await expect.poll(() => holder.service.streams).toBe(1);
  });

  it.each<[string, number, Uint8Array]>([
    ['an invitation that is no member list', 38, new Uint8Array(100).fill(0xff)],
    ['an empty invitation', 38, new Uint8Array(0)],
    ['a list with a byte behind it', 38, Uint8Array.of(...encodeMemberList(LIST), 0)],
  ])('refuses %s, and the stream goes on', async (_, method, payload) => {
    const said = await answersTo([
      rawFrame({ method, id: 1, meta: { vault }, payload }),
      rawFrame({ method: 3, id: 2 }),
    ]);
    expect(said.map(({ kind, id }) => [id, kind === FRAME_ERROR])).toContainEqual([1, true]);
    const refusal = said.find(({ id }) => id === 1);
    expect(decodeMeta(refusal?.meta ?? zeros)).toMatchObject({ code: 'corrupt' });
    expect(said.map(({ id }) => id)).toContain(2);
    expect(duties.asked).toEqual([]);
  });

  it('is not heard to have been asked by frames that break the protocol (R1)', async () => {
    const said = await answersTo([rawFrame({ method: 48, id: 1, meta: { vault } })]);
    expect(said.at(-1)?.id).toBe(0);
    expect(duties.heardOf).toEqual([]);
  });

  /** What the holder says to these bytes on a stream of its own until it ends. */
  async function answersTo(frames: Uint8Array[]): Promise<Frame[]> {
    const stream = await network.open(holder.network.self, CONTROL_PROTOCOL);
    const said: Frame[] = [];
    const decoder = new FrameDecoder({
      admit: () => 'keep',
      deliver: (frame) => {
        said.push(frame);
        return undefined;
      },
    });
    stream.receive((bytes) => decoder.push(bytes));
    await stream.send(frames).then(() => stream.close());
    await stream.ended;
    return said;
  }
});

describe('the asker', () => {
  it('takes no table of digests that is not the one named (T1)', async () => {
    const ask = { members: zeros, logs: zeros, seen: zeros };
    for (const table of [TABLE.map((byte) => byte ^ 1), TABLE.slice(1)]) {
      duties.table = table;
      await expect(remote.compare(ask)).rejects.toMatchObject({
        code: 'corrupt',
        data: { peer: remote.peer },
      });
    }
  });

  it('takes no other number of proofs than it asked for', async () => {
    duties.prove = async () => ({ pledged: false, proofs: [] });
    const ask = { nonce: zeros, group: 0, pledge: false, digests: [zeros] };
    expect(await codeOf(remote.prove(ask))).toBe('corrupt');
  });

  it('learns why a duty failed, and nothing of the inside', async () => {
    duties.members = () => {
      throw new VaultError('io', 'EIO: /home/ann/peer');
    };
    await expect(remote.members()).rejects.toMatchObject({ code: 'io' });
    await expect(remote.members()).rejects.not.toThrow(/ann/);
  });
});

describe('proofs of chunks', () => {
  it('are made one after the other, and no longer than anybody waits for them (T4)', async () => {
    const chunks = sampleChunks(4);
    const gone = new AbortController();
    let open = 0;
    const read: number[] = [];
    const store = {
      has: async (digests: readonly Uint8Array[]) => digests.map(() => true),
      get: async (digest: Uint8Array) => {
        read.push(++open);
        await Promise.resolve();
        open--;
        if (read.length === 2) gone.abort(new Error('the stream ended'));
        return chunks.find((chunk) => chunk.digest === digest)?.bytes;
      },
    };
    const job = { chunks: store, vault, nonce: zeros, self: 'me', signal: gone.signal };
    const proofs = proveChunks({ ...job, digests: chunks.map(({ digest }) => digest) });
    await expect(proofs).rejects.toThrow('the stream ended');
    expect(read).toEqual([1, 1]);
  });

  it('say of a damaged chunk that it is not here, and fail with the disk (R4)', async () => {
    const [damaged, failing] = sampleChunks(2);
    if (!damaged || !failing) throw new Error('unreachable');
    const store = {
      has: async (digests: readonly Uint8Array[]) => digests.map(() => true),
      get: async (digest: Uint8Array): Promise<Uint8Array> => {
        throw new VaultError(digest === damaged.digest ? 'corrupt' : 'io', 'bad disk');
      },
    };
    const { signal } = new AbortController();
    const job = { chunks: store, vault, nonce: zeros, self: 'me', signal };
    expect(await proveChunks({ ...job, digests: [damaged.digest] })).toEqual([undefined]);
    expect(await codeOf(proveChunks({ ...job, digests: [failing.digest] }))).toBe('io');
  });
});
