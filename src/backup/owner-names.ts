/** Names of users and groups by number, from the machine's own tables; ids it does not know have no name. */
import { readFileSync } from 'node:fs';

export interface OwnerNames {
  user(uid: number): string | undefined;
  group(gid: number): string | undefined;
}

export function ownerNames(): OwnerNames {
  const users = table('/etc/passwd');
  const groups = table('/etc/group');
  return { user: (uid) => users.get(uid), group: (gid) => groups.get(gid) };
}

/** Lines like "name:x:1000:..."; a machine without the file has no names, which costs nothing but the names. */
function table(path: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of textOf(path).split('\n')) {
    const [name, , id] = line.split(':');
    if (name && id && /^\d+$/.test(id) && name.length <= 128 && !names.has(Number(id)))
      names.set(Number(id), name);
  }
  return names;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return '';
    throw error;
  }
}
