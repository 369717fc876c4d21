/** Counts what is ahead of a run, so that progress can say how much there is; best effort, nothing fails with it. */
import { isVaultError } from '../model/errors.ts';
import type { Chooser } from './chooser.ts';
import type { Crew } from './crew.ts';
import { contentOf, FOLDERS_PER_JOB, type Frontier } from './look-ahead.ts';

export interface Estimate {
  files: number;
  bytes: number;
  complete: boolean;
}

/** Counts on from `frontier` until done, aborted, or until the crew has ended; `into` can be read at any time. */
export async function estimateRest(
  into: Estimate,
  { files, bytes, folders }: Frontier,
  crew: Pick<Crew, 'hands' | 'look'>,
  chooser: Chooser,
  signal: AbortSignal,
): Promise<void> {
  into.files = files;
  into.bytes = bytes;
  const todo = [...folders];
  try {
    while (todo.length > 0 && !signal.aborted) {
      const paths = todo.splice(-FOLDERS_PER_JOB);
      const looks = await crew.look(paths);
      todo.push(...paths.slice(looks.length));
      looks.forEach((look, i) => {
        if (look.kind !== 'looks') return;
        const found = contentOf(paths[i] ?? '', look, chooser, (folder) => todo.push(folder));
        into.files += found.files;
        into.bytes += found.bytes;
      });
    }
    into.complete = !signal.aborted;
  } catch (error) {
    if (!isVaultError(error, 'closed')) throw error;
  }
}
