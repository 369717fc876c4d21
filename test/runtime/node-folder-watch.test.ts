/** Watching real folders. */
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { FolderWatch } from '../../src/runtime/folder-watch.ts';
import { nodeFolderWatch } from '../../src/runtime/node-folder-watch.ts';

let root: string;
let watch: FolderWatch;
let changes = 0;
let next: () => void = () => undefined;

/** Resolves with the first change after `act`. */
async function changeAfter(act: () => void): Promise<void> {
  const seen = new Promise<void>((resolve) => {
    next = resolve;
  });
  act();
  await seen;
}

beforeEach(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'folder-watch-'));
  mkdirSync(path.join(root, 'a/b'), { recursive: true });
  mkdirSync(path.join(root, 'cache/deep'), { recursive: true });
  writeFileSync(path.join(root, 'single'), '');
  changes = 0;
  watch = nodeFolderWatch({
    paths: [
      path.join(root, 'a'),
      path.join(root, 'cache'),
      path.join(root, 'single'),
      path.join(root, 'none'),
    ],
    skips: (name) => name.startsWith(path.join(root, 'cache')),
    onChange: () => {
      changes++;
      next();
    },
    onTrouble: (why) => {
      throw new Error(why);
    },
  });
  await watch.ready;
});
afterEach(() => {
  watch.close();
  rmSync(root, { recursive: true });
});

it('notices a file that is made, written, renamed and removed, deep below', async () => {
  const file = path.join(root, 'a/b/file');
  await changeAfter(() => writeFileSync(file, 'x'));
  await changeAfter(() => appendFileSync(file, 'y'));
  await changeAfter(() => renameSync(file, `${file}.new`));
  await changeAfter(() => rmSync(`${file}.new`));
});

it('notices what happens in folders that are made later, and in those below them', async () => {
  await changeAfter(() => mkdirSync(path.join(root, 'a/new/deeper'), { recursive: true }));
  // The second change says that the new folder is watched by now.
  if (changes < 2) await changeAfter(() => undefined);
  await changeAfter(() => writeFileSync(path.join(root, 'a/new/deeper/file'), 'x'));
});

it('notices a change of a path that is a single file', async () => {
  await changeAfter(() => appendFileSync(path.join(root, 'single'), 'x'));
});

it('says nothing of what is left out, nor after it was closed', async () => {
  writeFileSync(path.join(root, 'cache/deep/file'), 'x');
  // Events of one system queue come in order: with this one, the other one would have come.
  await changeAfter(() => writeFileSync(path.join(root, 'a/file'), 'x'));
  const seen = changes;
  expect(seen).toBeLessThanOrEqual(3); // made, written, closed
  watch.close();
  writeFileSync(path.join(root, 'a/later'), 'x');
  await new Promise((resolve) => setImmediate(resolve));
  expect(changes).toBe(seen);
});
