/** What a running command may touch: the terminal's streams, the chosen mode, and the signal that ends it. */
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { TransferLimits } from '../../src/index.ts';
import { paintFor } from './paint.ts';

export interface InputStream extends Readable {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
}

export interface OutputStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface Terminal {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Mode {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Of programs that move chunks. */
  readonly limits?: TransferLimits;
}

export interface Session {
  readonly terminal: Terminal;
  readonly mode: Mode;
  /** Aborts with 'interrupted' on the first Ctrl-C, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** A line for people: not with --json. */
  readonly print: (text: string) => void;
  /** A line for people that -q silences. */
  readonly tell: (text: string) => void;
  /** A line for people that only -v shows (stderr). */
  readonly detail: (text: string) => void;
  /** One JSON line: only with --json. */
  readonly emit: (message: Readonly<Record<string, unknown>> & { readonly message_type: string }) => void;
  /** Resolves when standard output takes more: a long list waits for its reader instead of filling the memory (T4). */
  readonly drained: () => Promise<void>;
  /** A warning on stderr; with --json one JSON line there. */
  readonly warn: (text: string) => void;
}

export function createSession(terminal: Terminal, mode: Mode, signal: AbortSignal): Session {
  const line = (stream: OutputStream, text: string): void => {
    stream.write(`${text}\n`);
  };
  return {
    terminal,
    mode,
    signal,
    print: (text) => {
      if (!mode.json) line(terminal.stdout, text);
    },
    tell: (text) => {
      if (!mode.json && !mode.quiet) line(terminal.stdout, text);
    },
    detail: (text) => {
      if (mode.verbose && !mode.json) line(terminal.stderr, text);
    },
    emit: (message) => {
      if (mode.json) line(terminal.stdout, JSON.stringify(message));
    },
    drained: async () => {
      if (terminal.stdout.writableNeedDrain) await once(terminal.stdout, 'drain', { signal });
    },
    warn: (text) => {
      if (mode.json) line(terminal.stderr, JSON.stringify({ message_type: 'warning', message: text }));
      else line(terminal.stderr, `${paintFor(terminal.stderr, terminal.env)('yellow', 'warning:')} ${text}`);
    },
  };
}
