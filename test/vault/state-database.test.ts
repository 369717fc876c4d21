/** The file of the client's books: what is wrong with it is told as what it is, never as a bug. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { StateDatabase } from '../../src/vault/state-database.ts';
import { VaultState } from '../../src/vault/vault-state.ts';
import { temporaryFolder } from '../backup/temporary-folder.ts';

const VAULT = new Uint8Array(32).fill(1);
const OWNER = { vault: VAULT, device: new Uint8Array(32).fill(2) };

function filled(path: string): void {
  const state = VaultState.open(path, OWNER);
  for (let i = 0; i < 500; i++) {
    const digest = new Uint8Array(32).fill(i % 256);
    digest[0] = i >> 8;
    state.chunks.addPending(
      { digest, kind: 1, blobs: [{ id: digest.slice(0, 20), length: 1 + i }] },
      1000,
      3,
    );
  }
  state.close();
}

describe('the file of the books', () => {
  it.each([
    ['in its first page', 0, 100],
    ['behind its schema', 8 * 4096, 4096],
  ])('is called damaged, and may be moved away, when it is damaged %s', (_where, from, length) => {
    const path = join(temporaryFolder(), 'state.db');
    filled(path);
    const bytes = fs.readFileSync(path);
    bytes.fill(0xa5, from, from === 0 ? length : bytes.length);
    fs.writeFileSync(path, bytes);
    const use = (): void => {
      const state = VaultState.open(path, OWNER);
      onTestFinished(() => state.close());
      state.chunks.beginRun();
      for (const [digest] of state.chunks.pending(1)) if (digest) state.chunks.reuseChunk(digest);
    };
    const message = expect.stringContaining('is damaged');
    const hint = expect.stringContaining('rebuilt from the holders');
    expect(use).toThrow(expect.objectContaining({ code: 'io', message, hint }));
  });

  it('on a full disk refuses what does not fit, keeps the rest, and goes on when there is room', () => {
    const db = StateDatabase.open(join(temporaryFolder(), 'state.db'), VAULT);
    onTestFinished(() => db.close());
    const insert = db.prepare('INSERT INTO meta VALUES (?, ?)');
    const setPages = (pages: number): unknown => db.prepare(`PRAGMA max_page_count = ${pages}`).get();
    setPages(Number(db.prepare('PRAGMA page_count').get()?.page_count) + 2);
    const write = (key: string, bytes: number): void =>
      db.transaction(() => void insert.run(key, new Uint8Array(bytes)));
    write('small', 10);
    expect(() => write('large', 100_000)).toThrow(expect.objectContaining({ code: 'no-space' }));
    setPages(1000);
    write('later', 100_000);
    const keys = db.prepare('SELECT key FROM meta ORDER BY key').all();
    expect(keys.map(({ key }) => key)).toEqual(['later', 'small', 'vault']);
  });
});
