import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/model/bytes.ts';
import { VaultError } from '../../src/model/errors.ts';
import { type Admission, type Frame, FrameDecoder, type FrameHead } from '../../src/protocol/frames.ts';
import { rawFrame } from './stream-pair.ts';

interface Seen {
  readonly decoder: FrameDecoder;
  readonly heads: FrameHead[];
  readonly frames: Frame[];
}

function decoder(admit: (head: FrameHead) => Admission | Promise<Admission> = () => 'keep'): Seen {
  const heads: FrameHead[] = [];
  const frames: Frame[] = [];
  const made = new FrameDecoder({
    admit: (head) => {
      heads.push(head);
      return admit(head);
    },
    deliver: (frame) => {
      frames.push(frame);
      return undefined;
    },
  });
  return { decoder: made, heads, frames };
}

/** Pushes `bytes` cut at `cuts`, and overwrites each piece afterwards as a stream may. */
async function pushInPieces(to: FrameDecoder, bytes: Uint8Array, cuts: readonly number[]): Promise<void> {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  let at = 0;
  for (const end of ends) {
    const piece = bytes.slice(at, end);
    await to.push(piece);
    piece.fill(0xdd);
    at = end;
  }
}

const someFrame = fc.record({
  kind: fc.integer({ min: 0, max: 3 }),
  method: fc.integer({ min: 0, max: 255 }),
  id: fc.integer({ min: 0, max: 0xffff_ffff }),
  meta: fc.uint8Array({ maxLength: 40 }),
  payload: fc.uint8Array({ maxLength: 200 }),
});

describe('frames', () => {
  it('arrive as they were sent, however the stream cuts them and whether or not the receiver waits (T1)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(someFrame, { maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.boolean(),
        async (frames, cuts, waits) => {
          const seen = decoder(() => (waits ? Promise.resolve('keep') : 'keep'));
          await pushInPieces(seen.decoder, concatBytes(...frames.map(rawFrame)), cuts);
          expect(
            seen.frames.map(({ kind, method, id, meta, payload }) => ({ kind, method, id, meta, payload })),
          ).toEqual(frames);
          expect(seen.decoder.midFrame).toBe(false);
        },
      ),
    );
  });

  it('are judged by their head, before anything of the body has come (T1)', () => {
    const seen = decoder(() => {
      throw new VaultError('bad-frame', 'too large');
    });
    const head = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0);
    expect(seen.decoder.push(head.subarray(0, 13))).toBeUndefined();
    const before = process.memoryUsage().arrayBuffers;
    expect(() => seen.decoder.push(head.subarray(13))).toThrow('too large');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
    expect(seen.heads).toEqual([{ kind: 0, method: 16, id: 1, metaBytes: 0, payloadBytes: 0xffff_fff5 }]);
  });

  it('are refused when their lengths contradict each other', () => {
    const short = Uint8Array.of(0, 0, 0, 9, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0);
    expect(() => decoder().decoder.push(short)).toThrow(/claims/);
    const meta = Uint8Array.of(0, 0, 0, 12, 0, 3, 0, 0, 0, 1, 0, 0, 0, 3);
    expect(() => decoder().decoder.push(meta)).toThrow(/claims/);
  });

  it('that are skipped leave nothing behind, and the next one is read', async () => {
    const seen = decoder((head) => (head.id === 1 ? 'skip' : 'keep'));
    const first = rawFrame({ method: 17, id: 1, payload: new Uint8Array(5000) });
    const second = rawFrame({ method: 17, id: 2, payload: Uint8Array.of(1, 2, 3) });
    await pushInPieces(seen.decoder, concatBytes(first, second), [100, 3000]);
    expect(seen.frames.map((frame) => [frame.id, ...frame.payload])).toEqual([[2, 1, 2, 3]]);
  });

  it('know when a stream ends inside one of them', () => {
    const seen = decoder();
    const bytes = rawFrame({ method: 3, id: 1, payload: new Uint8Array(10) });
    expect(seen.decoder.push(bytes.subarray(0, 5))).toBeUndefined();
    expect(seen.decoder.midFrame).toBe(true);
    expect(seen.decoder.push(bytes.subarray(5, 20))).toBeUndefined();
    expect(seen.decoder.midFrame).toBe(true);
    expect(seen.decoder.push(bytes.subarray(20))).toBeUndefined();
    expect(seen.decoder.midFrame).toBe(false);
  });
});
