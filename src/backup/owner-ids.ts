/** Whom a restored entry belongs to: whoever has the owner's name on this machine, or else the owner's number. */
import { readFileSync } from 'node:fs';

interface NamedOwner {
  readonly uid: number;
  readonly gid: number;
  readonly user?: string | undefined;
  readonly group?: string | undefined;
}

export interface OwnerIds {
  uid(owner: NamedOwner): number;
  gid(owner: NamedOwner): number;
}

/** Numbers as they are. */
export const NUMERIC_OWNERS: OwnerIds = { uid: ({ uid }) => uid, gid: ({ gid }) => gid };

/** By this machine's own tables; a name that is not in them has the number of the snapshot. Root is root everywhere. */
export function ownerIds(
  passwd: string = textOf('/etc/passwd'),
  group: string = textOf('/etc/group'),
): OwnerIds {
  const users = table(passwd);
  const groups = table(group);
  const find = (ids: ReadonlyMap<string, number>, name: string | undefined, id: number): number =>
    id === 0 || name === undefined ? id : (ids.get(name) ?? id);
  return {
    uid: ({ user, uid }) => find(users, user, uid),
    gid: ({ group: name, gid }) => find(groups, name, gid),
  };
}

/** Lines like "name:x:1000:..."; the first of a name counts, as for the system. */
function table(text: string): Map<string, number> {
  const ids = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':');
    if (name && id && /^\d+$/.test(id) && !ids.has(name)) ids.set(name, Number(id));
  }
  return ids;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return '';
    throw error;
  }
}
