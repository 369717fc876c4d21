/** What Linux tells of its processes below /proc: text in, numbers out. What is gone, or not told, is `undefined`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Clock ticks are hundredths of a second for every program on Linux (USER_HZ), whatever the kernel counts in. */
const TICK_MS = 10;
const KB = 1024;

export interface ProcessTimes {
  /** User and system, of all its threads. */
  readonly cpuMs: number;
  /** The same of its children that have ended and were waited for, and of theirs. */
  readonly childrenCpuMs: number;
}

/** Of /proc/PID/stat. The second field is a name in parentheses that may itself hold spaces and parentheses. */
export function parseTimes(stat: string): ProcessTimes | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system, childrenUser, childrenSystem] = fields.slice(11, 15).map(Number);
  if (user === undefined || system === undefined) return undefined;
  if (childrenUser === undefined || childrenSystem === undefined) return undefined;
  return {
    cpuMs: (user + system) * TICK_MS,
    childrenCpuMs: (childrenUser + childrenSystem) * TICK_MS,
  };
}

/** Of /proc/PID/status: the largest resident memory so far. */
export function parsePeakRss(status: string): number | undefined {
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(status);
  return match ? Number(match[1]) * KB : undefined;
}

/** Of /proc/PID/io: bytes given to write calls, for files and sockets together. */
export function parseWritten(io: string): number | undefined {
  const match = /^wchar: (\d+)$/m.exec(io);
  return match ? Number(match[1]) : undefined;
}

export interface InterfaceBytes {
  readonly received: number;
  readonly sent: number;
}

/** Of /proc/PID/net/dev: the counters of one interface in the network namespace of that process. */
export function parseInterface(dev: string, name: string): InterfaceBytes | undefined {
  const line = dev.split('\n').find((each) => each.trim().startsWith(`${name}:`));
  const fields =
    line
      ?.slice(line.indexOf(':') + 1)
      .trim()
      .split(/\s+/)
      .map(Number) ?? [];
  const [received, sent] = [fields[0], fields[8]];
  return received === undefined || sent === undefined ? undefined : { received, sent };
}

function read(pid: number | 'self', file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined; // it has ended, or belongs to somebody else
  }
}

export function timesOf(pid: number | 'self'): ProcessTimes | undefined {
  const stat = read(pid, 'stat');
  return stat === undefined ? undefined : parseTimes(stat);
}

export function peakRssOf(pid: number): number | undefined {
  return parsePeakRss(read(pid, 'status') ?? '');
}

export function writtenOf(pid: number): number | undefined {
  return parseWritten(read(pid, 'io') ?? '');
}

export function interfaceOf(pid: number, name: string): InterfaceBytes | undefined {
  return parseInterface(read(pid, 'net/dev') ?? '', name);
}

/** Lets a process's peak begin anew. */
export function resetPeakRss(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // It has ended, or the kernel does not offer it: the peak since its start is told then.
  }
}

function childrenOf(pid: number): readonly number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const texts = threads.map((thread) => read(pid, `task/${thread}/children`) ?? '');
    return texts.flatMap((text) => text.split(' ').filter(Boolean).map(Number));
  } catch {
    return [];
  }
}

/** A process and all its descendants now. */
export function treeOf(pid: number): readonly number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}
