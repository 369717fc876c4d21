/** Refuses what a snapshot cannot say about itself before anything is read or sent, not when all of it has been sent. */
import { MAX_PATHS, MAX_SNAPSHOT_BYTES, MAX_SNAPSHOT_TEXT, MAX_TAGS } from '../format/snapshot.ts';
import { utf8 } from '../model/bytes.ts';
import { VaultError } from '../model/errors.ts';
import { KiB } from '../model/units.ts';

export interface Description {
  readonly paths: readonly Uint8Array[];
  readonly tags: readonly string[];
  readonly host: string;
  readonly user: string;
}

/** The rest of an encoded snapshot: pages of its root, names, lengths, counts. */
const RESERVED_BYTES: number = 64 * KiB;

/** Throws 'usage'. */
export function checkDescription({ paths, tags, host, user }: Description): void {
  if (paths.length > MAX_PATHS) {
    throw refused(
      `${paths.length} paths are too many for one snapshot, which can name ${MAX_PATHS}`,
      'Name the folder that they are in, and leave out the rest of it with --exclude.',
    );
  }
  if (tags.length > MAX_TAGS) {
    throw refused(`${tags.length} tags are too many for one snapshot, which can have ${MAX_TAGS}`);
  }
  for (const [what, text] of [['user', user], ['host', host], ...tags.map((tag) => ['tag', tag])]) {
    if ((text?.length ?? 0) <= MAX_SNAPSHOT_TEXT) continue;
    throw refused(`the ${what} "${text?.slice(0, 20)}..." is longer than ${MAX_SNAPSHOT_TEXT} characters`);
  }
  const bytes = [...paths, ...tags.map(utf8)].reduce((sum, part) => sum + part.length, 0);
  if (bytes <= MAX_SNAPSHOT_BYTES - RESERVED_BYTES) return;
  throw refused(
    'the paths and tags are too long for one snapshot all together',
    'Name the folder that the paths are in, and leave out the rest of it with --exclude.',
  );
}

function refused(why: string, hint?: string): VaultError {
  return new VaultError('usage', `${why}; nothing was backed up`, hint === undefined ? {} : { hint });
}
