/** The bridge from this process to a program: its streams, its signals, its exit. */

import type { Program } from './command.ts';
import { dieOf } from './die-of.ts';
import { watchInterrupts } from './interrupts.ts';
import { runProgram } from './program.ts';

/** When its reader has gone (`vault ls | head`) it ends without a word, like every program of Unix. */
function endQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') dieOf('SIGPIPE');
      else process.exit(1);
    });
  }
}

/** Pipes are written in the background: what was printed must have left before the process ends. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}

/** Runs `program` on this process's command line and exits. Commands close what they opened; timers that are left over hold nobody up. */
export async function main(program: Program): Promise<void> {
  endQuietlyOnClosedPipe();
  const json = process.argv.includes('--json');
  const interrupts = watchInterrupts(() => {
    if (!json && process.stderr.isTTY) process.stderr.write('\nstopping; once more to force\n');
  });
  const code = await runProgram(
    program,
    process.argv.slice(2),
    { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: process.env },
    interrupts.signal,
  );
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(code);
}
