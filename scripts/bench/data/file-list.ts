/** The regular files below a folder, in order of their names, folder by folder. */
import fs from 'node:fs';
import path from 'node:path';

export function* filesBelow(folder: string): Generator<string> {
  const entries = fs.readdirSync(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(file);
    else if (entry.isFile()) yield file;
  }
}

/** Of all files below a folder, as they are counted by `du --apparent-size`; 0 when there is none. */
export function bytesBelow(folder: string): number {
  if (!fs.existsSync(folder)) return 0;
  let bytes = 0;
  for (const file of filesBelow(folder)) bytes += fs.statSync(file).size;
  return bytes;
}
