/** The bytes that another program prints; when it fails, so does whoever reads them. */
import { spawn } from 'node:child_process';
import { VaultError } from '../../src/index.ts';

const HINT = 'Nothing was stored. What the command said about it stands above.';

/** `words`: the program and its arguments, no shell. Its standard error is ours. Throws 'io' when it cannot be started or ends with anything but 0. */
export async function* programOutput(
  words: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const [program = '', ...args] = words;
  const child = spawn(program, args, { stdio: ['inherit', 'pipe', 'inherit'] });
  const ended = new Promise<string | undefined>((resolve, reject) => {
    child.once('error', (cause) => {
      reject(new VaultError('io', `cannot run ${program}: ${cause.message}`, { hint: HINT, cause }));
    });
    child.once('close', (code, killedBy) => {
      if (code === 0) resolve(undefined);
      else resolve(killedBy ? `was ended by ${killedBy}` : `ended with exit code ${code}`);
    });
  });
  ended.catch(() => undefined); // thrown below
  const stop = (): void => {
    child.kill();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>;
    const failure = await ended;
    signal.throwIfAborted();
    if (failure) throw new VaultError('io', `${program} ${failure}`, { hint: HINT });
  } finally {
    signal.removeEventListener('abort', stop);
    if (child.exitCode === null && child.signalCode === null) child.kill();
  }
}
