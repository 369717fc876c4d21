/** Runs the real programs as a script would: a child process, JSON lines, an exit code. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
export const VAULT: string = path.join(root, 'cli/vault.mjs');
export const VAULT_PEER: string = path.join(root, 'peer/vault-peer.mjs');

export interface ProgramMessage {
  readonly message_type: string;
  readonly [field: string]: unknown;
}

export interface ProgramResult {
  readonly code: number | string;
  readonly messages: readonly ProgramMessage[];
  readonly stderr: string;
  readonly durationMs: number;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Called for each JSON line as it comes, with the child, for faults in the middle of a run. */
  readonly onMessage?: (message: ProgramMessage, child: ChildProcess) => void;
}

function parseLine(line: string): ProgramMessage | undefined {
  try {
    return JSON.parse(line) as ProgramMessage;
  } catch {
    return undefined;
  }
}

/** Resolves when the program has ended, whatever its exit code. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const started = performance.now();
  const child = spawn(process.execPath, [program, ...args, '--json'], {
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const messages: ProgramMessage[] = [];
  let rest = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const message of lines.map(parseLine)) {
      if (!message) continue;
      if (message.message_type !== 'status') messages.push(message);
      options.onMessage?.(message, child);
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4000);
  });
  child.stdin.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({
        code: code ?? signal ?? 'unknown',
        messages,
        stderr,
        durationMs: performance.now() - started,
      });
    });
  });
}
