/** The version of this software, from package.json, in the checkout and when installed. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

let known: string | undefined;

export function programVersion(): string {
  known ??= read();
  return known;
}

function read(): string {
  let folder = import.meta.dirname;
  while (!existsSync(path.join(folder, 'package.json'))) {
    const parent = path.dirname(folder);
    if (parent === folder) return '0.0.0';
    folder = parent;
  }
  const parsed: unknown = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed
    ? String(parsed.version)
    : '0.0.0';
}
