import { describe, expect, it } from 'vitest';
import { ExportStore } from '../../src/export/export-store.ts';
import { type FilledPlace, fillExport } from '../../src/export/fill-export.ts';
import { chunkName, vaultFolder } from '../../src/export/layout.ts';
import { type ExportSurvey, surveyExport } from '../../src/export/survey-export.ts';
import type { VaultError } from '../../src/model/errors.ts';
import { bitsIn, planExport } from '../../src/policy/export-plan.ts';
import { type RigPlace, rigPlace, sourceOf, VAULT } from './export-rig.ts';

interface Ran {
  readonly survey: ExportSurvey;
  readonly filled: readonly FilledPlace[];
  readonly problems: readonly { readonly what: string; readonly error: VaultError }[];
  readonly copies: readonly number[];
}

async function run(
  places: readonly RigPlace[],
  source: Awaited<ReturnType<typeof sourceOf>>,
  copies: number,
  verify = false,
): Promise<Ran> {
  const stores = places.map(({ place }) => new ExportStore(place, VAULT));
  const survey = await surveyExport(source.chunks, { stores, verify });
  const rooms = places.map(() => ({ freeBytes: 10 ** 9, unitBytes: 1 }));
  const plan = planExport({ sizes: survey.sizes, held: survey.held, places: rooms, copies });
  const problems: { what: string; error: VaultError }[] = [];
  const filled = await fillExport({
    survey,
    plan,
    stores,
    rooms,
    copies,
    reader: source.reader,
    onProblem: (what, error) => problems.push({ what, error }),
  });
  return { survey, filled, problems, copies: Array.from(survey.held, bitsIn) };
}

describe('filling the places of an export (X7)', () => {
  it('writes every chunk to as many places as asked, and nothing the second time', async () => {
    const places = ['a', 'b', 'c'].map((name) => rigPlace(name));
    const source = await sourceOf(30);
    const first = await run(places, source, 2);
    expect(new Set(first.copies)).toEqual(new Set([2]));
    expect(first.filled.reduce((sum, { chunks }) => sum + chunks, 0)).toBe(60);
    const second = await run(places, source, 2);
    expect(second.filled.every(({ chunks }) => chunks === 0)).toBe(true);
  });

  it('moves on to the others when one is full before it said so (ENOSPC)', async () => {
    const places = [rigPlace('small', { fullAfter: 4 }), rigPlace('b'), rigPlace('c')];
    const { copies, filled, problems } = await run(places, await sourceOf(30), 2);
    expect(new Set(copies)).toEqual(new Set([2]));
    expect(filled.map(({ state }) => state)).toEqual(['full', 'ok', 'ok']);
    expect(filled[0]?.chunks).toBe(4);
    expect(problems).toHaveLength(1);
  });

  it('gives up on a stick that was pulled out, and says which', async () => {
    const places = [rigPlace('pulled', { pulledAfter: 2 }), rigPlace('b')];
    const { copies, filled, problems } = await run(places, await sourceOf(20), 1);
    expect(new Set(copies)).toEqual(new Set([1]));
    expect(filled[0]?.state).toBe('failed');
    expect(problems).toMatchObject([{ what: '/pulled', error: { code: 'io' } }]);
  });

  it('notices a stick that does not keep what it was given, as it reads back (X3)', async () => {
    const places = [rigPlace('fake', { forgets: true }), rigPlace('b')];
    const { copies, filled } = await run(places, await sourceOf(20), 1);
    expect(new Set(copies)).toEqual(new Set([1]));
    expect(filled.map(({ state }) => state)).toEqual(['failed', 'ok']);
  });

  it('counts honestly what no place took', async () => {
    const places = [rigPlace('a', { fullAfter: 3 }), rigPlace('b', { fullAfter: 2 })];
    const { copies } = await run(places, await sourceOf(8), 1);
    expect(copies.reduce((sum, each) => sum + each, 0)).toBe(5);
  });

  it('goes on past a chunk that cannot be read, and says so', async () => {
    const source = await sourceOf(5);
    const [first] = source.chunks;
    if (first) source.reader.damage(first.digest);
    const { copies, problems } = await run([rigPlace('a')], source, 1);
    expect(copies).toEqual([0, 1, 1, 1, 1]);
    expect(problems).toMatchObject([{ what: '', error: { code: 'corrupt' } }]);
  });

  it('finds rot and too long files when it verifies, and writes them again (X3)', async () => {
    const places = [rigPlace('a'), rigPlace('b')];
    const source = await sourceOf(10);
    await run(places, source, 2);
    const [one, two] = source.chunks;
    const nameOf = (digest: Uint8Array = new Uint8Array(32)) => chunkName(vaultFolder(VAULT), digest);
    places[0]?.disk.damage(`/a/${nameOf(one?.digest)}`, (bytes) => bytes.slice(1));
    await places[1]?.disk.write(`/b/${nameOf(two?.digest)}`, [new Uint8Array(5 * 2 ** 20)]);
    expect((await run(places, source, 2)).survey.damaged).toBe(0);
    const verified = await run(places, source, 2, true);
    expect(verified.survey.damaged).toBe(2);
    expect(verified.filled.map(({ chunks }) => chunks)).toEqual([1, 1]);
    expect((await run(places, source, 2, true)).survey.damaged).toBe(0);
  });

  it('looks at no file that a stranger put among the chunks (X1)', async () => {
    const place = rigPlace('a');
    const source = await sourceOf(3);
    await run([place], source, 1);
    const folder = `/a/${vaultFolder(VAULT)}/chunks/00`;
    for (const name of ['bafkfake', 'thumbs.db', 'BAFK', '..hidden']) {
      await place.disk.write(`${folder}/${name}`, [new Uint8Array(3)]);
    }
    const listed: Uint8Array[] = [];
    for await (const digest of new ExportStore(place.place, VAULT).list()) listed.push(digest);
    expect(listed).toHaveLength(3);
  });
});
