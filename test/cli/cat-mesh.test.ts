/** `vault cat` through the program and a real peer: the pieces fit together as the format says, and none of them is a key. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cidText } from '../../src/model/ids.ts';
import { type Outcome, TestMesh } from './mesh-fixture.ts';

type Json = Record<string, unknown>;

describe('what a vault consists of', () => {
  const mesh = new TestMesh();
  const source = path.join(mesh.root, 'source');
  const json = (...line: string[]): Promise<Outcome> => mesh.vault([...line, '--json']);
  let words = '';
  let shown = '';

  const cat = async (...line: string[]): Promise<readonly Json[]> => {
    const { code, err, out, messages } = await json('cat', ...line);
    expect({ line, code, err }).toEqual({ line, code: 0, err: '' });
    shown += out;
    return messages;
  };

  beforeAll(async () => {
    await mesh.add(1);
    const made = await json('init', '--ticket', mesh.ticket, '--copies', '1');
    words = String(made.messages[0]?.recovery_words);
    mkdirSync(path.join(source, 'folder'), { recursive: true });
    writeFileSync(path.join(source, 'folder', 'letter'), 'dear friend\n');
    writeFileSync(path.join(source, 'note'), 'a note\n');
    expect((await json('backup', source, '--tag', 'first')).code).toBe(0);
  }, 300_000);
  afterAll(() => mesh.end());

  it('is shown from the snapshot down to the bytes of a chunk, whose name is their hash (C5)', async () => {
    const [snapshot] = await cat('snapshot', 'latest');
    expect(snapshot).toMatchObject({ message_type: 'snapshot', tags: ['first'], total_files: 2 });
    const [top] = await cat('tree', 'latest');
    expect(top).toMatchObject({ type: 'dir', name: source.split('/')[1] });
    const [letter] = await cat('tree', `latest:${source}/folder`);
    expect(letter).toMatchObject({ type: 'file', name: 'letter', size: 12, sparse: false });
    const [place] = (letter as Json).content as { chunk: string; offset: number; length: number }[];
    const target = path.join(mesh.root, 'opened');
    const [written] = await cat('chunk', place?.chunk ?? '', '--target', target);
    expect(written).toMatchObject({ message_type: 'summary', kind: 'content', target });
    const { offset = 0, length = 0 } = place ?? {};
    expect(
      readFileSync(target)
        .subarray(offset, offset + length)
        .toString(),
    ).toBe('dear friend\n');
    const sealed = path.join(mesh.root, 'sealed');
    const [raw] = await cat('chunk', place?.chunk ?? '', '--raw', '--target', sealed);
    expect(raw).toMatchObject({ kind: 'sealed' });
    const kept = mesh.chunkFiles().get(place?.chunk ?? '')?.[0] ?? '';
    expect(readFileSync(sealed)).toEqual(readFileSync(kept));
    const digest = createHash('sha256').update(readFileSync(sealed)).digest();
    expect(place?.chunk).toBe(cidText(digest));
    const again = await json('cat', 'chunk', place?.chunk ?? '', '--target', target);
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('is there already')]);
    const note = await cat('tree', `latest:${source}/note`);
    expect(note).toEqual([expect.objectContaining({ type: 'file', name: 'note' })]);
  }, 120_000);

  it('is shown from the log to the indexes; each entry names the one before', async () => {
    const entries = await cat('log');
    expect(entries.length).toBeGreaterThan(0);
    for (const [i, entry] of entries.entries()) {
      expect(entry.sequence).toBe(i);
      expect(entry.previous).toBe(entries[i - 1]?.hash);
    }
    expect(entries[0]).toMatchObject({ certificate: { role: 'full' } });
    const announced = entries.map(({ announcement }) => announcement as Json | undefined);
    const [index] = announced.flatMap((each) => (each?.index as string[] | undefined) ?? []);
    const described = await cat('index', index ?? '');
    expect(new Set(described.map(({ kind }) => kind))).toEqual(new Set(['content', 'tree']));
    const added = entries.flatMap(({ adds }) => (adds as { chunk: string }[]).map(({ chunk }) => chunk));
    expect(added.toSorted()).toEqual([...mesh.chunkFiles().keys()].toSorted());
    const [snapshot] = await cat('snapshot', 'latest');
    expect(announced.at(-1)?.snapshot).toBe(snapshot?.id);
  }, 120_000);

  it('holds no key and no word, and its config needs no peer (C1)', async () => {
    await mesh.kill(0);
    const [config] = await cat('config');
    expect(config).toMatchObject({ role: 'full', copies_target: 1, piece_bytes_average: 2 ** 20 });
    for (const word of words.split(' ').filter((each) => each.length > 5))
      expect(shown).not.toContain(` ${word} `);
    const pretty = await mesh.vault(['cat', 'config']);
    expect({ message_type: 'config', ...JSON.parse(pretty.out) }).toEqual(config);
    await mesh.up(0);
  }, 120_000);

  it.each([
    [['cat'], 'say what to show'],
    [['cat', 'keys'], 'knows no "keys"'],
    [['cat', 'snapshot'], 'name a snapshot'],
    [['cat', 'config', 'x'], '"x" is too much'],
    [['cat', 'log', '--raw'], '--raw and --target are for'],
  ])('refuses %j with the reason', async (line, reason) => {
    const { code, err } = await mesh.vault(line);
    expect([code, err]).toEqual([1, expect.stringContaining(reason)]);
  });

  it('says what a name is not', async () => {
    expect((await mesh.vault(['cat', 'chunk', 'nonsense'])).err).toContain('is no name of a chunk');
    const [tree] = (await json('cat', 'snapshot', 'latest')).messages;
    const [page] = (tree as Json).root as { chunk: string }[];
    expect((await mesh.vault(['cat', 'index', page?.chunk ?? ''])).err).toContain('it carries tree');
    expect((await mesh.vault(['cat', 'tree', 'latest:/never'])).err).toContain('no /never');
    const absent = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku';
    expect((await mesh.vault(['cat', 'chunk', absent])).err).toContain(absent);
  }, 120_000);
});
