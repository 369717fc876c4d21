/**
 * Runs one command as its only child and tells what it took: a process of its own, so that the system's count of its children is
 * the count of this command. Arguments: the command line. Standard input, output and error are the command's.
 */
import { spawn } from 'node:child_process';
import type { MeasureWord } from './measure-words.ts';
import { peakRssOf, timesOf, treeOf, writtenOf } from './proc.ts';

const LOOK_MS = 20;
/** Finding new descendants costs more than looking at known ones. */
const LOOKS_PER_SEARCH = 8;

const [command = '', ...args] = process.argv.slice(2);

function tell(word: MeasureWord, then?: () => void): void {
  if (process.connected) process.send?.(word, undefined, undefined, then);
}

// Ctrl-C in a terminal goes to the command too, and whoever started us decides what follows.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const startedMs = performance.now();
const child = spawn(command, args, { stdio: 'inherit' });
const pid = child.pid ?? -1;
let peakRssBytes = 0;
let writtenBytes = 0;
let looks = 0;
let family: readonly number[] = [pid];

function look(): void {
  if (looks++ % LOOKS_PER_SEARCH === 0) family = treeOf(pid);
  const sum = (each: (pid: number) => number | undefined): number =>
    family.reduce((total, member) => total + (each(member) ?? 0), 0);
  peakRssBytes = Math.max(peakRssBytes, sum(peakRssOf));
  writtenBytes = Math.max(writtenBytes, sum(writtenOf));
  tell({ kind: 'progress', pid, writtenBytes });
}

const looking = setInterval(look, LOOK_MS);
for (const word of ['message', 'disconnect'] as const) process.on(word, () => child.kill('SIGKILL'));
child.on('error', (error) => {
  clearInterval(looking);
  tell({ kind: 'failed', message: error.message }, () => process.disconnect());
});
child.on('exit', (code, signal) => {
  const wallMs = performance.now() - startedMs;
  clearInterval(looking);
  const cpuMs = timesOf('self')?.childrenCpuMs ?? 0;
  const end = code ?? signal ?? 'unknown';
  tell({ kind: 'done', end, wallMs, cpuMs, peakRssBytes, writtenBytes }, () => {
    if (process.connected) process.disconnect();
  });
});
