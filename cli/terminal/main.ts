/** The bridge from this process to a program: its streams, its signals, its exit. */

import type { Program } from './command.ts';
import { watchInterrupts } from './interrupts.ts';
import { runProgram } from './program.ts';

/** Time that sockets and files get to close by themselves after a command has ended. */
const LINGER_MS = 2000;

/** A reader that went away (`vault ls | head`) is no error: stop writing, quietly. */
function endQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      process.exit(error.code === 'EPIPE' ? 0 : 1);
    });
  }
}

/** Runs `program` on this process's command line and exits. */
export async function main(program: Program): Promise<void> {
  endQuietlyOnClosedPipe();
  const json = process.argv.includes('--json');
  const interrupts = watchInterrupts(() => {
    if (!json && process.stderr.isTTY) process.stderr.write('\nstopping; once more to force\n');
  });
  process.exitCode = await runProgram(
    program,
    process.argv.slice(2),
    { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: process.env },
    interrupts.signal,
  );
  process.stdin.unref?.();
  setTimeout(() => process.exit(), LINGER_MS).unref();
}
