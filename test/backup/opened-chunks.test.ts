/** Opened chunks: fetched once for all who wait, bounded in number and bytes, aborted when nobody waits (T4). */
import { describe, expect, it } from 'vitest';
import { OpenedChunks } from '../../src/backup/opened-chunks.ts';
import { ChunkKind } from '../../src/format/kinds.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { keyOf } from '../../src/model/ids.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { HandMadeSnapshot, TEST_KEYS } from './hand-made-snapshot.ts';

const { content, tree } = ChunkKind;

function numbered(snapshot: HandMadeSnapshot, count: number): ReturnType<HandMadeSnapshot['bundle']> {
  return Array.from({ length: count }, (_, i) => snapshot.bundle([utf8(`${i}`.padEnd(1000))])).flat();
}

describe('opened chunks', () => {
  it('opens a chunk once for all who wait for it, and again only when it had to be forgotten', async () => {
    const snapshot = new HandMadeSnapshot();
    const refs = numbered(snapshot, 3);
    const [first] = refs;
    if (!first) throw new Error('fixture');
    const chunks = new OpenedChunks(snapshot, TEST_KEYS, { maxBytes: 2000 });
    await Promise.all([1, 2, 3].map(() => chunks.bytes(content, first)));
    expect(snapshot.gets).toBe(1);
    expect(chunks.peek(content, first.chunk)?.length).toBe(1000);
    for (const ref of refs) await chunks.bytes(content, ref);
    expect(snapshot.gets).toBe(3);
    expect(chunks.peek(content, first.chunk)).toBeUndefined();
  });

  it('keeps what was used last', async () => {
    const snapshot = new HandMadeSnapshot();
    const [a, b, c] = numbered(snapshot, 3);
    if (!a || !b || !c) throw new Error('fixture');
    const chunks = new OpenedChunks(snapshot, TEST_KEYS, { maxBytes: 2000 });
    for (const ref of [a, b, a, c]) await chunks.bytes(content, ref);
    expect(chunks.peek(content, a.chunk)).toBeDefined();
    expect(chunks.peek(content, b.chunk)).toBeUndefined();
  });

  it('lets trees go before content that waits', async () => {
    const snapshot = new HandMadeSnapshot();
    snapshot.before = () => systemClock.sleep(1);
    const chunks = new OpenedChunks(snapshot, TEST_KEYS, { maxFetches: 1 });
    const done: string[] = [];
    const page = { chunk: snapshot.seal(tree, utf8('page')), offset: 0, length: 4 };
    const contents = numbered(snapshot, 5).map(async (ref) => {
      await chunks.bytes(content, ref);
      done.push('content');
    });
    await chunks.bytes(tree, page);
    done.push('tree');
    await Promise.all(contents);
    expect(done.indexOf('tree')).toBe(1);
    expect(snapshot.mostAsking).toBe(1);
  });

  it('does not open a chunk as another kind than it was sealed as (C4)', async () => {
    const snapshot = new HandMadeSnapshot();
    const [ref] = numbered(snapshot, 1);
    if (!ref) throw new Error('fixture');
    const chunks = new OpenedChunks(snapshot, TEST_KEYS);
    await expect(chunks.bytes(tree, ref)).rejects.toMatchObject({ code: 'corrupt' });
    expect((await chunks.bytes(content, ref)).length).toBe(1000);
  });

  it('stops asking when the last who waits has gone, and not before', async () => {
    const snapshot = new HandMadeSnapshot();
    const [ref] = numbered(snapshot, 1);
    if (!ref) throw new Error('fixture');
    let stopped = 0;
    snapshot.before = async ({ signal }) => {
      signal?.addEventListener('abort', () => stopped++);
      await systemClock.sleep(20, signal);
    };
    const chunks = new OpenedChunks(snapshot, TEST_KEYS);
    const [one, two] = [new AbortController(), new AbortController()];
    const first = chunks.bytes(content, ref, { signal: one.signal });
    const second = chunks.bytes(content, ref, { signal: two.signal });
    one.abort(new Error('first'));
    await expect(first).rejects.toThrow('first');
    expect((await second).length).toBe(1000);
    expect(stopped).toBe(0);
    const again = new OpenedChunks(snapshot, TEST_KEYS).bytes(content, ref, { signal: two.signal });
    two.abort(new Error('second'));
    await expect(again).rejects.toThrow('second');
    expect(stopped).toBe(1);
  });

  it('remembers what could not be had, for one object only', async () => {
    const snapshot = new HandMadeSnapshot();
    const [ref] = numbered(snapshot, 1);
    if (!ref) throw new Error('fixture');
    snapshot.faults.set(keyOf(ref.chunk), () => undefined);
    const chunks = new OpenedChunks(snapshot, TEST_KEYS);
    await expect(chunks.bytes(content, ref)).rejects.toMatchObject({ code: 'lost' });
    snapshot.faults.clear();
    await expect(chunks.bytes(content, ref)).rejects.toMatchObject({ code: 'lost' });
    expect((await new OpenedChunks(snapshot, TEST_KEYS).bytes(content, ref)).length).toBe(1000);
  });
});
