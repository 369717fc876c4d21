/** Of what a caller asks of a backup: what is read, and what it is compared with. */
import { posix } from 'node:path';
import type { SourceOptions } from '../backup/backup-options.ts';
import { bytesOfPath, pathOfText } from '../backup/byte-path.ts';
import type { Choice } from '../backup/choice.ts';
import { streamSource } from '../backup/stream-source.ts';
import { sameScope } from '../crypto/vault-keys.ts';
import { VaultError } from '../model/errors.ts';
import type { SnapshotRecord } from '../vault/log-books.ts';
import { marksFile } from './marks-file.ts';
import type { MeshSession } from './mesh-session.ts';
import { findSnapshot } from './snapshot-info.ts';
import type { BackupOptions } from './vault-types.ts';
import type { VaultWork } from './vault-work.ts';

/** What a rehearsal needs; without a session (nobody answers) every file is read. */
export type Rehearsal = Omit<VaultWork, 'session'> & { readonly session?: MeshSession };

/** What is read, and what of it is left out. */
export function whatOf(
  work: Rehearsal,
  options: BackupOptions,
): Pick<SourceOptions, 'source' | 'marks' | 'paths' | 'pathPatterns' | keyof Choice> {
  const { clock, disk, fileSource } = work.surroundings;
  const { stream, paths, pathPatterns, excludes, excludesAnyCase, excludeIfPresent } = options;
  if (stream) {
    const path = pathOfText(posix.join('/', stream.name));
    if (path === '/') throw new VaultError('usage', `"${stream.name}" is no name for a file`);
    const source = streamSource({ path, open: stream.open, clock, ...owner(), ...work.wait });
    return { source, paths: [bytesOfPath(path)] };
  }
  const { excludeLargerThan, oneFileSystem } = options;
  return {
    source: fileSource(),
    marks: marksFile(disk, work.home.folder),
    paths,
    pathPatterns: pathPatterns ?? [],
    excludes: excludes ?? [],
    excludesAnyCase: excludesAnyCase ?? [],
    excludeIfPresent: excludeIfPresent ?? [],
    oneFileSystem: oneFileSystem ?? false,
    ...(excludeLargerThan === undefined ? {} : { excludeLargerThan }),
  };
}

/** Whose file a stream becomes: of whoever runs this. */
function owner(): { uid: number; gid: number } {
  return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
}

/** Throws 'not-found', 'ambiguous'; 'denied' for one that another kind of device sealed, as its word is not taken for this one's files. */
export function parentOf(
  { state, home }: Rehearsal,
  { parent, force }: BackupOptions,
): SnapshotRecord | 'none' | undefined {
  if (force) return 'none';
  if (parent === undefined) return undefined;
  const record = findSnapshot(state.snapshots(), parent);
  if (sameScope(record.scope, home.keys.scope)) return record;
  throw new VaultError(
    'denied',
    `snapshot ${record.id.slice(0, 8)} was made by another device, with keys of its own`,
    {
      hint: 'Compare with a snapshot of this device, or leave --parent out.',
    },
  );
}
