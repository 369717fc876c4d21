/** One TCP connection between two processes of its own: what the machine, or a link, gives at most. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Workspace } from '../workspace.ts';

const PROGRAM = path.join(import.meta.dirname, 'raw-main.ts');

export interface RawTransfer {
  readonly wallMs: number;
  readonly senderCpuMs: number;
  readonly receiverCpuMs: number;
}

interface Word {
  readonly kind: string;
  readonly port?: number;
  readonly wallMs?: number;
  readonly cpuMs?: number;
}

export interface RawOptions {
  readonly workspace: Workspace;
  readonly bytes: number;
  /** Where the two run (`ip netns exec NAME`), and the address between them; default: here, on loopback. */
  readonly sender?: readonly string[];
  readonly receiver?: readonly string[];
  readonly host?: string;
  /** Default: a free one. */
  readonly port?: number;
}

/** Starts one side; `said` gives the next line it prints. */
function start(workspace: Workspace, prefix: readonly string[], args: readonly (string | number)[]) {
  const [program = '', ...before] = [...prefix, process.execPath, PROGRAM, ...args.map(String)];
  const child = workspace.watch(spawn(program, before, { stdio: ['pipe', 'pipe', 'inherit'] }));
  const lines: Word[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts.map((line) => JSON.parse(line) as Word));
  });
  const said = async (): Promise<Word> => {
    for (let word = lines.shift(); ; word = lines.shift()) {
      if (word) return word;
      if (child.stdout.readableEnded) throw new Error(`${args[0]} ended too early`);
      await Promise.race([once(child.stdout, 'data'), once(child.stdout, 'end')]);
    }
  };
  return { child, said };
}

export async function rawTransfer(options: RawOptions): Promise<RawTransfer> {
  const { workspace, bytes, sender = [], receiver = [], host = '127.0.0.1', port = 0 } = options;
  const sink = start(workspace, receiver, ['sink', host, port]);
  try {
    const ready = await sink.said();
    const source = start(workspace, sender, ['source', host, ready.port ?? port, bytes]);
    const { wallMs = 0, cpuMs: senderCpuMs = 0 } = await source.said();
    const { cpuMs: receiverCpuMs = 0 } = await sink.said();
    return { wallMs, senderCpuMs, receiverCpuMs };
  } finally {
    sink.child.stdin.end();
  }
}
