/** Command lines run by the real program, written down as a person would read them: the line, what it printed, its exit code. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';

const VAULT = path.resolve('cli/vault.mjs');

export class Transcript {
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #names = new Map<string, string>();
  readonly #lines: string[] = [];

  /** Commands run in `folder`, which is called /home/me in what is written down. */
  constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#env = env;
  }

  /** What happens between two commands. */
  note(sentence: string): void {
    this.#lines.push(`# ${sentence}`, '');
  }

  /** Of an error line the stream is told: `2> `. The exit code stands behind, in brackets. */
  async run(line: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
    const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
    const child = spawn(process.execPath, [VAULT, ...words.slice(1)], {
      cwd: this.#folder,
      env: { ...process.env, ...this.#env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    const said = Object.entries(env).map(([name, value]) => `${name}=${value} `);
    this.#lines.push(`$ ${said.join('')}${line}`);
    this.#lines.push(...lines(out), ...lines(err).map((each) => `2> ${each}`));
    this.#lines.push(`[${child.exitCode ?? child.signalCode}]`, '');
  }

  /** With names for what is another in each run: ids, times, owners, and sizes that depend on keys. */
  text(): string {
    return this.#lines
      .join('\n')
      .replaceAll(this.#folder, '/home/me')
      .replace(/\bb[a-z2-7]{52}\b/g, 'VAULT')
      .replace(/\b([0-9a-f]{8})(?:[0-9a-f]{56})?\b/g, (_, id: string) => this.#snapshot(id))
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, 'YYYY-MM-DD hh:mm:ss')
      .replace(/\(\d{4}-\d\d-\d\d\)/g, '(YYYY-MM-DD)')
      .replace(/(?<=-rw-r--r-- )\S+/g, 'me:me')
      .replace(/(?<=^processed .* in |^time +).*$/gm, 'TIME')
      .replace(/^( +\d+ [a-z]+)+$/gm, '  (words)')
      .replace(/(?<=^(?:added|sent|dropped|kept|read) .*)\d[\d.]* (?:B|KiB)/gm, 'SIZE')
      .replace(/\(chunks sent: .*\)/g, '(chunks sent: ...)');
  }

  /** In the order in which they are first told, as long as the ids that people read. */
  #snapshot(id: string): string {
    const name = this.#names.get(id) ?? `snap-${String(this.#names.size + 1).padStart(3, '0')}`;
    this.#names.set(id, name);
    return name;
  }
}

function lines(output: string): string[] {
  const all = output.split('\n');
  if (all.at(-1) === '') all.pop();
  return all;
}
