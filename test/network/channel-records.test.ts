import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/model/bytes.ts';
import { MAX_RECORD_BYTES, RecordOpener, RecordSealer } from '../../src/network/channel-records.ts';
import { codeOf } from '../conformance/chunk-store.ts';

const secret = new Uint8Array(32).fill(9);
const TAG_BYTES = 16;

function sealer(recordsPerKey?: number): RecordSealer {
  return new RecordSealer(secret, 'initiator', recordsPerKey);
}

/** One record as it lies on the wire. */
function wire(from: RecordSealer, plain: Uint8Array): Uint8Array {
  return concatBytes(...from.seal([plain], plain.length));
}

/** What an opener gives out of bytes that come in pieces of `step`; throws what it throws. */
function open(
  bytes: Uint8Array,
  options: { step?: number; from?: 'initiator' | 'responder'; per?: number } = {},
) {
  const records: Uint8Array[] = [];
  const opener = new RecordOpener(
    secret,
    options.from ?? 'initiator',
    (plain) => records.push(concatBytes(...plain)),
    options.per,
  );
  const step = options.step ?? bytes.length;
  for (let at = 0; at < bytes.length; at += step) opener.push(bytes.subarray(at, at + step));
  return { records, opener };
}

const failure = (run: () => unknown) => codeOf(Promise.resolve().then(run));

describe('records of the secure channel', () => {
  it('come out as they went in, whatever the network cuts them into', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 97 }), (lengths, step) => {
        const from = sealer();
        const plain = lengths.map((length, i) => new Uint8Array(length).fill(i + 1));
        const { records, opener } = open(concatBytes(...plain.map((each) => wire(from, each))), { step });
        expect(records).toEqual(plain);
        expect(opener.midRecord).toBe(false);
      }),
    );
  });

  it('hold any size up to the bound, and show nothing of what they hold', () => {
    for (const length of [1, 16 * 1024, 16 * 1024 + 1, MAX_RECORD_BYTES]) {
      const plain = new Uint8Array(length).fill(0x61);
      const sealed = wire(sealer(), plain);
      expect(sealed.length).toBe(4 + length + TAG_BYTES);
      expect(Buffer.from(sealed).includes('aaaaaaaa')).toBe(false);
      expect(open(sealed, { step: 65_536 }).records).toEqual([plain]);
    }
  });

  it('never repeat a key stream: equal bytes are sealed differently each time, and in each direction', () => {
    const plain = new Uint8Array(100);
    const from = sealer();
    const seen = [wire(from, plain), wire(from, plain), wire(new RecordSealer(secret, 'responder'), plain)];
    expect(new Set(seen.map((bytes) => Buffer.from(bytes).toString('hex'))).size).toBe(3);
  });

  it('are refused when any bit was changed, and nothing of them is given out', async () => {
    const sealed = wire(sealer(), new Uint8Array(40).fill(5));
    for (let at = 0; at < sealed.length; at++) {
      const changed = sealed.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      const given: unknown[] = [];
      const opener = new RecordOpener(secret, 'initiator', (plain) => given.push(plain));
      // A length that grew leaves the opener waiting for bytes: then the next ones are taken for these.
      const code = await failure(() => opener.push(concatBytes(changed, new Uint8Array(MAX_RECORD_BYTES))));
      expect([at, code, given]).toEqual([at, 'corrupt', []]);
    }
  });

  it('are refused out of order, twice, or with one missing', async () => {
    const from = sealer();
    const [first, second] = [wire(from, new Uint8Array(9)), wire(from, new Uint8Array(9))];
    expect(await failure(() => open(second))).toBe('corrupt');
    expect(await failure(() => open(concatBytes(second, first)))).toBe('corrupt');
    expect(await failure(() => open(concatBytes(first, first)))).toBe('corrupt');
    expect(open(concatBytes(first, second)).records).toHaveLength(2);
  });

  it('are refused when sent back to who sent them', async () => {
    const sealed = wire(sealer(), new Uint8Array(9));
    expect(await failure(() => open(sealed, { from: 'responder' }))).toBe('corrupt');
  });

  it('give out nothing when they are cut off, not even all but the last byte of the tag', () => {
    const sealed = wire(sealer(), new Uint8Array(50));
    for (const length of [3, 4, 30, sealed.length - 1]) {
      const { records, opener } = open(sealed.subarray(0, length));
      expect(records).toEqual([]);
      expect(opener.midRecord).toBe(true);
    }
  });

  it.each([0, MAX_RECORD_BYTES + 1, 0xffff_ffff])(
    'are refused by their head when they claim %i bytes (T1)',
    async (length) => {
      const head = new Uint8Array(4);
      new DataView(head.buffer).setUint32(0, length);
      expect(await failure(() => open(head))).toBe('corrupt');
    },
  );

  it('move on to another key after so many, both sides alike; the old one opens nothing new', async () => {
    const from = sealer(3);
    const sealed = Array.from({ length: 10 }, (_, i) => wire(from, Uint8Array.of(i)));
    expect(open(concatBytes(...sealed), { per: 3 }).records.flatMap((bytes) => [...bytes])).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
    expect(await failure(() => open(concatBytes(...sealed)))).toBe('corrupt');
  });
});
