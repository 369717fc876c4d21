/** Counts the source beside the run, so that progress can say how much there is; best effort, nothing fails with it. */
import { isVaultError } from '../model/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { type BytePath, joinPath } from './byte-path.ts';
import type { Chooser } from './chooser.ts';
import type { FileSource } from './file-source.ts';
import { Pacer } from './pacer.ts';

export interface Estimate {
  files: number;
  bytes: number;
  complete: boolean;
}

/** Counts until done or aborted; `into` can be read at any time. */
export async function estimateSource(
  into: Estimate,
  source: FileSource,
  paths: readonly BytePath[],
  chooser: Chooser,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const pacer = new Pacer(clock, 6);
  const todo = [...paths];
  for (let path = todo.pop(); path !== undefined && !signal.aborted; path = todo.pop()) {
    if (pacer.due()) await pacer.rest();
    const below = visit(path, into, source, chooser);
    for (const name of below) todo.push(joinPath(path, name));
  }
  into.complete = !signal.aborted;
}

/** Counts one entry; returns the names below it. What cannot be read is the run's business. */
function visit(path: BytePath, into: Estimate, source: FileSource, chooser: Chooser): readonly BytePath[] {
  try {
    const { type, size, device } = source.look(path);
    if (chooser.leavesOut(path, { type, size, device })) return [];
    if (type === 'file') {
      into.files++;
      into.bytes += size;
    }
    return type === 'directory' ? source.list(path) : [];
  } catch (error) {
    if (isVaultError(error, 'not-found', 'source-unreadable')) return [];
    throw error;
  }
}
