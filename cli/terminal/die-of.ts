/** Ends this process at once as the signal itself would, whatever its threads are doing. */
import { constants } from 'node:os';

const SIGNALLED = 128;

/**
 * `process.exit` would stop the threads of a backup first, and a native module that one of them is calling at that moment would end
 * the process with a message of its own. Systems without the signal get the exit code that shells show for it.
 */
export function dieOf(signal: NodeJS.Signals): void {
  if (process.platform === 'win32') process.exit(SIGNALLED + (constants.signals[signal] ?? 0));
  // Node gives a signal back to the system when the last one who listened has gone; SIGPIPE it ignores until then.
  process.on(signal, () => undefined);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
