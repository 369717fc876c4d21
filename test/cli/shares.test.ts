/** `vault key split` and `combine` through the program: shares on paper, and the words back from enough of them (C1). */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../cli/terminal/program.ts';
import { vaultProgram } from '../../cli/vault-program.ts';
import { wordsOf } from '../../src/crypto/recovery-words.ts';
import { deriveVaultKeys } from '../../src/crypto/vault-keys.ts';
import { encodeTicket } from '../../src/format/ticket.ts';
import { idText } from '../../src/model/ids.ts';
import { nodeDisk } from '../../src/runtime/node-disk.ts';
import { systemRandom } from '../../src/runtime/system-random.ts';
import { createDevice } from '../../src/vault/device.ts';
import { VaultHome } from '../../src/vault/vault-home.ts';
import { fakeTerminal, NO_SIGNAL } from './fake-terminal.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'vault-shares-test-'));
const home = path.join(root, 'home');
const keys = deriveVaultKeys(new Uint8Array(32).fill(4));
const WORDS = wordsOf(keys.secret);
const ticket = encodeTicket({
  secret: new Uint8Array(32).fill(1),
  addresses: ['/ip4/127.0.0.1/tcp/1/p2p/x'],
});
const ENV = { VAULT_HOME: home, VAULT_PASSWORD: 'first' };

async function vault(line: string, env: Record<string, string> = ENV) {
  const terminal = fakeTerminal({ env });
  const code = await runProgram(vaultProgram, line.split(' '), terminal, NO_SIGNAL);
  const messages = line.includes('--json') && code === 0 ? terminal.messages() : [];
  return { code, out: terminal.out(), err: terminal.err(), messages };
}

const combine = (files: readonly string[]) =>
  vault(`key combine --json ${files.map((file) => `--shares-file ${file}`).join(' ')}`, {});

async function split(folder: string, options: string): Promise<string[]> {
  const made = await vault(`key split --output ${path.join(root, folder)} ${options} --json`);
  expect(made.code).toBe(0);
  return made.messages.flatMap(({ file }) => (typeof file === 'string' ? [file] : []));
}

beforeAll(async () => {
  const device = createDevice(keys, 'laptop', new Uint8Array(32).fill(5), 1);
  const boxCost = { memoryKiB: 64, passes: 1, parallelism: 1 };
  await VaultHome.create(nodeDisk(), systemRandom, home, {
    passphrase: 'first',
    boxCost,
    keys,
    device,
    ticket,
    copies: 3,
  });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('shares of the secret', () => {
  it.each(['html', 'text'])(
    'are written each to a file of its own as %s, and any three give the words',
    async (format) => {
      const files = await split(format, `--shares 5 --threshold 3 --format ${format}`);
      expect(files.map((file) => path.basename(file))).toEqual(
        [1, 2, 3, 4, 5].map((n) => `share-${n}-of-5.${format === 'html' ? 'html' : 'txt'}`),
      );
      for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(statSync(path.join(root, format)).mode & 0o777).toBe(0o700);
      const [first = '', second = '', third = '', fourth = ''] = files;
      const { messages } = await combine([fourth, first, third]);
      expect(messages).toEqual([
        {
          message_type: 'combined',
          vault_id: idText(keys.vault),
          recovery_words: WORDS,
          shares_used: [fourth, first, third],
          shares_ignored: [],
        },
      ]);
      const few = await combine([first, second]);
      expect(few.code).toBe(1);
      expect(JSON.parse(few.err)).toMatchObject({ error_code: 'wrong-shares' });
      expect(few.err).toContain('1 more of this split are needed');
    },
  );

  it('say on paper what they are, and carry the ticket unless told otherwise', async () => {
    const [file = ''] = await split('paper', '--shares 3 --threshold 2');
    const page = readFileSync(file, 'utf8');
    expect(page).toContain('Share 1 of 3');
    expect(page).toContain('Any 2 of the 3 shares');
    expect(page).toContain('vault recover --ticket @ticket.txt --shares');
    expect(page.replace(/\s/g, '')).toContain(ticket);
    const [bare = ''] = await split('bare', '--shares 3 --threshold 2 --no-ticket');
    expect(readFileSync(bare, 'utf8').replace(/\s/g, '')).not.toContain('vaultmesh1');
  });

  it('never print the secret or a share where nobody asked for it', async () => {
    const made = await vault(`key split --shares 2 --threshold 2 --output ${path.join(root, 'quiet')}`);
    expect(made.out).toMatch(
      /^wrote {5}.*share-1-of-2\.html\nwrote {5}.*share-2-of-2\.html\nAny 2 of these 2 open/,
    );
    const shown = await vault('key split --shares 2 --threshold 2 --show');
    expect(shown.code).toBe(1);
    expect(shown.out).toBe('');
    expect(shown.err).toContain('--show needs a terminal');
  });

  it('are shown on a terminal one at a time, each wiped before the next', async () => {
    const terminal = fakeTerminal({ tty: true, env: ENV });
    const ended = runProgram(
      vaultProgram,
      'key split --shares 2 --threshold 2 --show'.split(' '),
      terminal,
      NO_SIGNAL,
    );
    terminal.type('\r');
    terminal.type('\r');
    expect(await ended).toBe(0);
    const screens = terminal.out().split('\u001b[2J\u001b[3J\u001b[H');
    expect(screens).toHaveLength(4);
    expect(screens[1]).toContain('share 1 of 2');
    expect(screens[1]).not.toContain('share 2 of 2');
    expect(screens.at(-1)).toBe('');
    const files = screens.slice(1, 3).map((screen, at) => {
      const file = path.join(root, `copied-${at}`);
      writeFileSync(file, screen);
      return file;
    });
    expect((await combine(files)).messages).toMatchObject([{ recovery_words: WORDS }]);
  });

  it('leave nothing behind when one of them cannot be written', async () => {
    const folder = path.join(root, 'taken');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'share-2-of-3.html'), 'mine');
    const refused = await vault(`key split --shares 3 --threshold 2 --output ${folder}`);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('is there already');
    expect(readdirSync(folder)).toEqual(['share-2-of-3.html']);
  });

  it('that are wrong are told by file and row, and those of another split by file', async () => {
    const ours = await split('ours', '--shares 3 --threshold 2 --format text');
    const others = await split('others', '--shares 3 --threshold 2 --format text');
    const [first = '', second = ''] = ours;
    const text = readFileSync(first, 'utf8');
    const mistyped = path.join(root, 'mistyped.txt');
    writeFileSync(mistyped, text.replace(/^3 {2}(\w+) (\w+)/m, '3  $2 $1'));
    const wrong = await combine([mistyped, second]);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain(
      `${mistyped}: this is no share of a vault's secret: row 3 is not what was printed`,
    );
    const mixed = await combine([first, second, others[2] ?? '']);
    expect(mixed.code).toBe(0);
    expect(mixed.err).toContain('was not used: it is of another split');
    expect((await combine([first, others[1] ?? ''])).err).toContain('different splits');
  });

  it('are typed row by row, a wrong row again, until they are enough', async () => {
    const files = await split('typed', '--shares 3 --threshold 2 --format text');
    const rows = files.map((file) => readFileSync(file, 'utf8').match(/^\d {2}.*$/gm) ?? []);
    const terminal = fakeTerminal({ tty: true });
    const ended = runProgram(vaultProgram, ['key', 'combine'], terminal, NO_SIGNAL);
    const typed = [rows[0]?.[1], ...(rows[0] ?? []), ...(rows[2] ?? [])];
    for (const row of typed) terminal.type(`${row}\r`);
    expect(await ended).toBe(0);
    expect(terminal.err()).toContain('\nrow 1 is not what was printed');
    expect(terminal.err()).toMatch(/share 1 of 3 of split [0-9a-f]{6}: 1 more of this split needed/);
    expect(terminal.err()).toContain('these are enough');
    const shown = [...terminal.out().matchAll(/\d ([a-z]+)/g)].map((match) => match[1]);
    expect(shown.join(' ')).toBe(WORDS);
  });

  it('give their words to a file that only its owner can read', async () => {
    const files = await split('to-file', '--shares 2 --threshold 2');
    const out = path.join(root, 'words');
    const told = await vault(`key combine --shares-file ${files[0]} --shares-file ${files[1]} -o ${out}`, {});
    expect(told.out).toContain(`wrote     ${out}`);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(
      readFileSync(out, 'utf8')
        .match(/[a-z]+/g)
        ?.join(' '),
    ).toBe(WORDS);
  });

  it.each([
    ['key split', '--shares is missing'],
    ['key split --shares 5', '--threshold is missing'],
    ['key split --shares 17 --threshold 3', '--shares takes a number from 2 to 16'],
    ['key split --shares 3 --threshold 4', '--threshold takes a number from 2 to 3'],
    ['key split --shares 3 --threshold 1', '--threshold takes a number from 2 to 3'],
    ['key split --shares 3 --threshold 2 --format pdf', '--format takes html or text'],
    ['key split --shares 3 --threshold 2 --show -o x', 'takes no --output'],
    ['key combine', 'no terminal to ask on'],
    ['key combine --shares-file /nonexistent/s', 'cannot read a share from /nonexistent/s'],
    ['recover --ticket x --shares --words-file y', 'not both'],
  ])('are refused with the reason: vault %s', async (line, reason) => {
    const { code, out, err } = await vault(line);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(reason);
  });
});
