/** On what a run was made. */
import { spawnSync } from 'node:child_process';
import os from 'node:os';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  /** Of this checkout, with "+" when files differ from it; "unknown" without git. */
  readonly commit: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Of the minute before. */
  readonly loadAtStart: number;
}

function git(...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

function commit(): string {
  const name = git('rev-parse', '--short=12', 'HEAD');
  return name === undefined ? 'unknown' : `${name}${git('status', '--porcelain') ? '+' : ''}`;
}

export function thisMachine(): Machine {
  const processors = os.cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryBytes: os.totalmem(),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.versions.node,
    commit: commit(),
    startedAt: new Date().toISOString(),
    loadAtStart: os.loadavg()[0] ?? 0,
  };
}
