/** A terminal for tests: what is typed is given, what is printed is kept. */
import { PassThrough, Writable } from 'node:stream';
import type { InputStream, OutputStream, Terminal } from '../../cli/terminal/session.ts';

export interface FakeTerminal extends Terminal {
  readonly out: () => string;
  readonly err: () => string;
  /** Every line of standard output as JSON. */
  readonly messages: () => readonly Record<string, unknown>[];
  type(text: string): void;
}

class Kept extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns = 100;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

export interface FakeTerminalOptions {
  readonly tty?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Whole standard input of a terminal that is a pipe. */
  readonly input?: string;
}

export function fakeTerminal(options: FakeTerminalOptions = {}): FakeTerminal {
  const tty = options.tty ?? false;
  const input = new PassThrough();
  if (!tty) input.end(options.input ?? '');
  const raw: boolean[] = [];
  const stdin: InputStream = Object.assign(input, { isTTY: tty, setRawMode: (on: boolean) => raw.push(on) });
  const stdout: OutputStream & { text: string } = new Kept(tty);
  const stderr: OutputStream & { text: string } = new Kept(tty);
  return {
    stdin,
    stdout,
    stderr,
    env: options.env ?? {},
    out: () => stdout.text,
    err: () => stderr.text,
    messages: () =>
      stdout.text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    type: (text) => input.write(text),
  };
}

export const NO_SIGNAL: AbortSignal = new AbortController().signal;
