/** Files with one pattern a line, as --exclude-file and --include-file name them, for backup and restore alike. */
import { readFile } from 'node:fs/promises';
import { expandVariables } from '../terminal/expand-variables.ts';
import { cannotRead } from '../terminal/file-trouble.ts';
import type { Session } from '../terminal/session.ts';
import { patternLines } from '../terminal/text-file.ts';

/** `what` they are for is told when one cannot be read, or names a variable that is not set. Throws 'io', 'not-found'. */
export async function patternsOf(
  files: readonly string[],
  what: 'include' | 'exclude',
  session: Session,
): Promise<string[]> {
  const lists = await Promise.all(files.map((file) => patternsIn(file, `the ${what} file ${file}`, session)));
  return lists.flat();
}

async function patternsIn(file: string, what: string, session: Session): Promise<string[]> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw cannotRead(what, cause);
  });
  return patternLines(bytes).map((line) => {
    const { text, unset } = expandVariables(line, session.terminal.env);
    for (const name of unset) session.warn(`${what}: $${name} is not set, so "${line}" means "${text}"`);
    return text;
  });
}
