/** Books of version 1 go on being used: nothing that exists only here is lost (L2). */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { ChunkKind } from '../../src/format/kinds.ts';
import { encodeSnapshot, snapshotId } from '../../src/format/snapshot.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { VaultState } from '../../src/vault/vault-state.ts';
import { temporaryFolder } from '../backup/temporary-folder.ts';

const VAULT = new Uint8Array(32).fill(1);
const DEVICE = new Uint8Array(32).fill(2);
const CHUNK = new Uint8Array(32).fill(3);

const VERSION_1 = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE devices (no INTEGER PRIMARY KEY, device BLOB NOT NULL UNIQUE, name TEXT NOT NULL,
  next INTEGER NOT NULL DEFAULT 0, applied INTEGER NOT NULL DEFAULT 0, hash BLOB NOT NULL);
CREATE TABLE entries (device INTEGER NOT NULL, sequence INTEGER NOT NULL, hash BLOB NOT NULL, bytes BLOB NOT NULL,
  PRIMARY KEY (device, sequence));
CREATE TABLE snapshots (id TEXT PRIMARY KEY, device INTEGER NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE forgotten (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE indexes (digest BLOB PRIMARY KEY, loaded INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE chunks (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, size INTEGER NOT NULL, kind INTEGER NOT NULL DEFAULT 0,
  live INTEGER NOT NULL DEFAULT 0, mine INTEGER NOT NULL DEFAULT 0, lost INTEGER NOT NULL DEFAULT 0);
CREATE TABLE adds (chunk INTEGER NOT NULL, device INTEGER NOT NULL, PRIMARY KEY (chunk, device)) WITHOUT ROWID;
CREATE TABLE blobs (chunk INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL, id BLOB NOT NULL,
  PRIMARY KEY (chunk, offset)) WITHOUT ROWID;
CREATE INDEX blobs_by_id ON blobs (id);
CREATE TABLE pending (chunk INTEGER PRIMARY KEY, holders INTEGER NOT NULL, indexed INTEGER NOT NULL DEFAULT 0);
PRAGMA user_version = 1;
`;

const snapshotOf = (time: number) =>
  encodeSnapshot({
    time,
    host: 'h',
    user: 'u',
    paths: [utf8('/x')],
    tags: [],
    root: [],
    stats: { files: 0, directories: 0, links: 0, bytes: 0 },
    device: DEVICE,
    program: 't',
  });

it('keeps pending chunks, entries no holder has, snapshots, and what was forgotten', () => {
  const path = join(temporaryFolder(), 'state.db');
  const old = new DatabaseSync(path);
  old.exec(VERSION_1);
  old.prepare("INSERT INTO meta VALUES ('vault', ?)").run(VAULT);
  old.prepare('INSERT INTO devices VALUES (1, ?, ?, 2, 1, ?)').run(DEVICE, 'laptop', CHUNK);
  for (const sequence of [0, 1]) {
    old.prepare('INSERT INTO entries VALUES (1, ?, ?, ?)').run(sequence, CHUNK, utf8(`entry ${sequence}`));
  }
  old.prepare('INSERT INTO chunks (id, digest, size, kind) VALUES (1, ?, 100, 1)').run(CHUNK);
  old.prepare('INSERT INTO blobs VALUES (1, 0, 10, ?)').run(new Uint8Array(20).fill(4));
  old.exec('INSERT INTO pending VALUES (1, 3, 0)');
  const body = snapshotOf(5);
  old.prepare('INSERT INTO snapshots VALUES (?, 1, 0, 5, ?)').run(snapshotId(body), body);
  old.prepare('INSERT INTO forgotten VALUES (?)').run('f'.repeat(64));
  old.close();

  for (const opening of ['first', 'second']) {
    const state = VaultState.open(path, { vault: VAULT, device: DEVICE });
    onTestFinished(() => state.close());
    expect([opening, state.snapshots().map(({ id }) => id)]).toEqual([opening, [snapshotId(body)]]);
    // Content was recognised by ids of another kind: it is sent again where it is needed.
    expect(state.chunks.isKnown(CHUNK)).toBe(true);
    expect(state.chunks.lookup(ChunkKind.content, new Uint8Array(20).fill(4))).toBeUndefined();
    expect(state.logs.device(DEVICE)).toMatchObject({ name: 'laptop', next: 2, confirmed: 1 });
    expect([...state.logs.entries(DEVICE, 1, 2)]).toEqual(
      [Buffer.from('entry 1')].map((b) => new Uint8Array(b)),
    );
    state.close();
  }
});
