/** What snapshots hold, each shared thing once (C7: what cannot be read is told, and the rest counted). */
import { expect, it } from 'vitest';
import { ContentSums } from '../../src/backup/content-sums.ts';
import { OpenedChunks } from '../../src/backup/opened-chunks.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { fileOf, HandMadeSnapshot, linkTo, TEST_KEYS } from './hand-made-snapshot.ts';

it('counts equal content, shared pieces and shared directories once, over several snapshots', async () => {
  const snapshot = new HandMadeSnapshot();
  const [one, two] = snapshot.bundle([utf8('one'), utf8('second')]);
  if (!one || !two) throw new Error('no bundle');
  const shared = snapshot.directory('shared', [fileOf('a', [one]), fileOf('copy', [one]), linkTo('l', 'x')]);
  const first = snapshot.pages([shared]);
  const second = snapshot.pages([shared, fileOf('both', [one, two])]);
  const sums = new ContentSums(new OpenedChunks(snapshot, TEST_KEYS));
  const fail = (path: string): never => {
    throw new Error(path);
  };
  await sums.add(first, fail);
  expect(sums).toMatchObject({ files: 1, fileBytes: 3 });
  const pages = [...first, ...shared.pages].reduce((sum, { length }) => sum + length, 0);
  expect(sums.plainBytes).toBe(3 + pages);
  expect(sums.chunks.size).toBe(3);
  const gets = snapshot.gets;
  await sums.add(second, fail);
  expect(sums).toMatchObject({ files: 2, fileBytes: 3 + 9 });
  expect(sums.plainBytes).toBe(3 + pages + 6 + (second[0]?.length ?? 0));
  expect(snapshot.gets).toBe(gets + 1);
});

it('tells the folder that cannot be read, and counts the others', async () => {
  const snapshot = new HandMadeSnapshot();
  const hurt = { ...snapshot.directory('hurt', []), pages: snapshot.rawPages([utf8('no page')]) };
  const root = snapshot.pages([hurt, snapshot.file('whole', [utf8('whole')])]);
  const faults: string[] = [];
  const sums = new ContentSums(new OpenedChunks(snapshot, TEST_KEYS));
  await sums.add(root, (path, { code }) => faults.push(`${path} ${code}`));
  expect(faults).toEqual(['/hurt corrupt']);
  expect(sums).toMatchObject({ files: 1, fileBytes: 5 });
});
