/** Files with one pattern a line, as --exclude-file and --include-file name them. */
import { readFile } from 'node:fs/promises';
import { cannotRead } from '../terminal/file-trouble.ts';

/** Empty lines and lines that begin with # say nothing. `what` they are for is told when one cannot be read. */
export async function patternsOf(files: readonly string[], what: 'include' | 'exclude'): Promise<string[]> {
  const lists = await Promise.all(files.map((file) => linesOf(file, what)));
  return lists.flat();
}

async function linesOf(file: string, what: string): Promise<string[]> {
  try {
    const lines = (await readFile(file, 'utf8')).split(/\r?\n/);
    return lines.filter((line) => line.trim() !== '' && !line.startsWith('#'));
  } catch (cause) {
    throw cannotRead(`the ${what} file ${file}`, cause);
  }
}
