/** Snapshots as callers see them, and the one that somebody names by "latest" or by the beginning of its id. */
import { pathText } from '../backup/path-text.ts';
import { VaultError } from '../model/errors.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import type { SnapshotInfo } from './vault-types.ts';

const MIN_PREFIX = 4;

export function infoOf({ id, snapshot }: SnapshotRecord): SnapshotInfo {
  return {
    id,
    timeMs: snapshot.time,
    host: snapshot.host,
    user: snapshot.user,
    paths: snapshot.paths.map(pathText),
    tags: snapshot.tags,
    ...(snapshot.parent === undefined ? {} : { parent: snapshot.parent }),
    ...(snapshot.original === undefined ? {} : { original: snapshot.original }),
    program: snapshot.program,
    files: snapshot.stats.files,
    directories: snapshot.stats.directories,
    links: snapshot.stats.links,
    bytes: snapshot.stats.bytes,
  };
}

const LATEST = /^latest(?:~(\d{1,9}))?$/;

function fromNewest(records: readonly SnapshotRecord[], back: number, listing: string): SnapshotRecord {
  const found = records.at(-1 - back);
  if (found) return found;
  if (records.length > 0) {
    throw new VaultError(
      'not-found',
      `there is no latest~${back}: of these snapshots there are ${records.length}`,
      {
        hint: `"${listing}" lists them; latest~${records.length - 1} is the oldest.`,
      },
    );
  }
  throw new VaultError('not-found', 'there is no such snapshot yet', {
    hint: 'Make one with "vault backup".',
  });
}

/** `name` is the beginning of an id, "latest", or "latest~N", N before it; `records` oldest first, as the command `listing` shows them. Throws 'not-found', 'ambiguous', 'usage'. */
export function findSnapshot(
  records: readonly SnapshotRecord[],
  name: string,
  listing = 'vault snapshots',
): SnapshotRecord {
  const latest = LATEST.exec(name);
  if (latest) return fromNewest(records, Number(latest[1] ?? 0), listing);
  const prefix = name.toLowerCase();
  if (!/^[0-9a-f]{1,64}$/.test(prefix)) {
    throw new VaultError('not-found', `"${name}" is no snapshot id`, {
      hint: `"${listing}" lists them.`,
    });
  }
  const found = records.filter(({ id }) => id.startsWith(prefix));
  const [only] = found;
  if (only && found.length === 1) return only;
  if (found.length > 1) {
    throw new VaultError('ambiguous', `${found.length} snapshots begin with ${prefix}`, {
      hint: `Give more characters, at least ${MIN_PREFIX}.`,
    });
  }
  throw new VaultError('not-found', `no snapshot begins with ${prefix}`, {
    hint: `"${listing}" lists them.`,
  });
}
