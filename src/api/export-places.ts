/** From what people write after --to and --from to the folders and buckets of an export. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { vaultsIn } from '../export/export-papers.ts';
import type { ExportPlace } from '../export/export-place.ts';
import { FolderPlace } from '../export/folder-place.ts';
import { s3Credentials } from '../export/s3-credentials.ts';
import { parseS3Address, S3Place } from '../export/s3-place.ts';
import { VaultError } from '../model/errors.ts';
import { MAX_PLACES } from '../policy/export-plan.ts';
import type { FromPlaces } from './from-places.ts';
import type { Surroundings } from './surroundings.ts';

type World = Pick<Surroundings, 'disk' | 'clock'>;

/** Folders must exist: the mount point of a stick that is not plugged in would fill another disk. Throws 'usage', 'not-found', 'denied'. */
export async function openPlaces({ places, env }: FromPlaces, world: World): Promise<readonly ExportPlace[]> {
  if (places.length === 0) throw new VaultError('usage', 'no folder is named');
  if (places.length > MAX_PLACES) throw new VaultError('usage', `at most ${MAX_PLACES} folders at once`);
  const opened = await Promise.all(places.map((text) => openPlace(text, env ?? process.env, world)));
  const names = opened.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new VaultError('usage', `${twice} is named twice`);
  return opened;
}

async function openPlace(
  text: string,
  env: NonNullable<FromPlaces['env']>,
  { disk, clock }: World,
): Promise<ExportPlace> {
  if (text.startsWith('s3:')) {
    const address = parseS3Address(text);
    return new S3Place({
      ...address,
      name: text.replace(/\/+$/, ''),
      credentials: await s3Credentials(env, readText),
      clock,
    });
  }
  const folder = path.resolve(text);
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return new FolderPlace(disk, folder);
  throw new VaultError('not-found', `there is no folder ${folder}`, {
    hint: 'Is the stick plugged in and mounted? A new folder has to be made first.',
  });
}

/** Those in which there is an export. Throws 'not-found' when there is none anywhere. */
export async function withExports(
  places: readonly ExportPlace[],
  warn: (message: string) => void,
): Promise<readonly ExportPlace[]> {
  const found: ExportPlace[] = [];
  for (const place of places) {
    if ((await vaultsIn(place)).length > 0) found.push(place);
    else warn(`there is no export in ${place.name}`);
  }
  if (found.length > 0) return found;
  throw new VaultError('not-found', `there is no export in ${places.map(({ name }) => name).join(', ')}`, {
    hint: 'Name the folder in which "vault-export" lies.',
  });
}

/** Pairs of folders that one disk carries: they are lost together. */
export async function onOneDisk(
  places: readonly ExportPlace[],
): Promise<readonly (readonly [string, string])[]> {
  const seen = new Map<number, string>();
  const pairs: [string, string][] = [];
  for (const { name } of places) {
    const device = name.startsWith('s3:') ? undefined : (await stat(name).catch(() => undefined))?.dev;
    if (device === undefined) continue;
    const other = seen.get(device);
    if (other === undefined) seen.set(device, name);
    else pairs.push([other, name]);
  }
  return pairs;
}

async function readText(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}
