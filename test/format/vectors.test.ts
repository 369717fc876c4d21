/**
 * The vectors in test/vectors/format: what another implementation must read and write (C7). Byte strings are
 * {"hex": ...}, 64-bit integers {"int": ...}. `UPDATE_VECTORS=1 npx vitest run test/format/vectors.test.ts` writes them anew.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openChunk } from '../../src/crypto/chunk-cipher.ts';
import { combineShares } from '../../src/crypto/combine-shares.ts';
import { unwrap } from '../../src/crypto/passphrase-box.ts';
import { shareOfText } from '../../src/crypto/share-words.ts';
import { canOpen, deriveVaultKeys } from '../../src/crypto/vault-keys.ts';
import { isVaultError } from '../../src/model/errors.ts';
import { MemoryDisk } from '../../src/runtime/memory-disk.ts';
import { LogStore } from '../../src/store/log-store.ts';
import { openInvitation } from '../../src/vault/invitation.ts';
import { ROWS } from './formats.ts';
import type { RightsVector } from './rights-vectors.ts';
import type { FormatVector } from './vector.ts';
import { FORMAT_FILES, TABLE_FILES } from './vector-cases.ts';

const folder = path.resolve(import.meta.dirname, '../vectors/format');

function toJson(value: unknown): string {
  const plain = (_: string, item: unknown): unknown => {
    if (item instanceof Uint8Array) return { hex: Buffer.from(item).toString('hex') };
    return typeof item === 'bigint' ? { int: item.toString() } : item;
  };
  return `${JSON.stringify(value, plain, 2)}\n`;
}

function fromJson(text: string): unknown {
  return JSON.parse(text, (_, item: { hex?: unknown; int?: unknown } | null) => {
    if (typeof item?.hex === 'string') return Uint8Array.from(Buffer.from(item.hex, 'hex'));
    return typeof item?.int === 'string' ? BigInt(item.int) : item;
  });
}

/** The file's text; written first when asked for. */
function vectorFile(name: string, content: unknown): string {
  const file = path.join(folder, `${name}.json`);
  if (process.env.UPDATE_VECTORS === '1') writeFileSync(file, toJson(content));
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

describe.each(Object.entries(FORMAT_FILES))('the vectors in %s.json', (name, { row, vectors }) => {
  const text = vectorFile(name, vectors());
  const decode = ROWS.find((candidate) => candidate.name === row)?.decode;

  it('are what this program writes', () => {
    expect(toJson(vectors())).toBe(text);
  });

  it.each(fromJson(text) as FormatVector[])('get their verdict: $name', ({ value, bytes, verdict }) => {
    if (verdict === 'ok') {
      expect(decode?.(bytes)).toEqual(value);
      return;
    }
    let thrown: unknown;
    try {
      decode?.(bytes);
    } catch (error) {
      thrown = error;
    }
    expect(isVaultError(thrown, verdict)).toBe(true);
  });
});

describe.each(Object.entries(TABLE_FILES))('the table in %s.json', (name, make) => {
  it('is what this program computes', () => {
    expect(toJson(make())).toBe(vectorFile(name, make()));
  });
});

describe('sealed chunks, boxes, shares and logs in the vectors', () => {
  interface Sealed {
    readonly secret: Uint8Array;
    readonly kind: number;
    readonly plain: Uint8Array;
    readonly sealed: Uint8Array;
  }

  it.each(['sealed-chunk', 'sealed-chunk-1'])('open to their plain bytes: %s (C4)', (name) => {
    const text = readFileSync(path.join(folder, `${name}.json`), 'utf8');
    for (const { secret, kind, plain, sealed } of fromJson(text) as Sealed[]) {
      expect(openChunk(deriveVaultKeys(secret), kind, sealed)).toEqual(plain);
    }
  });

  it('open with their passphrase (C1)', () => {
    const { box, boxPassphrase } = JSON.parse(vectorFile('mesh', TABLE_FILES.mesh?.())) as {
      box: unknown;
      boxPassphrase: string;
    };
    expect(unwrap(boxPassphrase, box)).toEqual(new Uint8Array(32).fill(0x11));
  });

  it('of shares combine to their secret, any three of the five (C1)', async () => {
    const { secret, shares } = fromJson(vectorFile('shares', TABLE_FILES.shares?.())) as {
      secret: Uint8Array;
      shares: { words: string }[];
    };
    const read = shares.map(({ words }, at) => ({ name: `${at + 1}`, share: shareOfText(words) }));
    for (const left of [
      [0, 1],
      [1, 3],
      [2, 4],
    ]) {
      const chosen = read.filter((_, at) => !left.includes(at));
      expect((await combineShares(chosen)).secret).toEqual(secret);
    }
  });

  it('of scopes open for their owner and their device, and an invitation for who knows its passphrase (C1)', () => {
    const made = fromJson(vectorFile('scopes', TABLE_FILES.scopes?.())) as {
      secret: Uint8Array;
      scope: Uint8Array;
      chunk: { kind: number; plain: Uint8Array; sealed: Uint8Array };
      invitation: { passphrase: string; deviceSeed: Uint8Array; text: string };
    };
    const { kind, plain, sealed } = made.chunk;
    const { keys, device } = openInvitation(made.invitation.text, made.invitation.passphrase);
    expect(openChunk(deriveVaultKeys(made.secret), kind, sealed)).toEqual(plain);
    expect(canOpen(keys) && openChunk(keys, kind, sealed)).toEqual(plain);
    expect(device).toMatchObject({ name: 'web1', role: 'append-only', seed: made.invitation.deviceSeed });
    expect(keys.scope).toEqual(made.scope);
  });

  it('of log entries get their verdict from a holder, role by role (L4)', async () => {
    const cases = fromJson(vectorFile('log-rights', TABLE_FILES['log-rights']?.())) as RightsVector[];
    for (const { vault, entries } of cases) {
      const store = await LogStore.open(new MemoryDisk(), '/logs', vault);
      for (const { name, bytes, verdict } of entries) {
        const said = await store
          .append(bytes)
          .catch((error: unknown) => (isVaultError(error) ? error.code : error));
        expect([name, said]).toEqual([name, verdict]);
      }
    }
  });
});
