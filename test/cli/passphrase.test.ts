import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { passphraseOf } from '../../cli/terminal/passphrase.ts';
import { createSession } from '../../cli/terminal/session.ts';
import { readText } from '../../cli/terminal/text-input.ts';
import { type FakeTerminal, type FakeTerminalOptions, fakeTerminal, NO_SIGNAL } from './fake-terminal.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'vault-passphrase-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const QUIET = { json: false, quiet: false, verbose: false };

function session(options: FakeTerminalOptions, signal = NO_SIGNAL) {
  const terminal: FakeTerminal = fakeTerminal(options);
  return { terminal, session: createSession(terminal, QUIET, signal) };
}

describe('the passphrase (C1)', () => {
  it('comes from the environment, a file or a command, without the line end', async () => {
    const file = path.join(folder, 'p');
    writeFileSync(file, 'from a file\n');
    const from = (env: Record<string, string>) => passphraseOf(session({ env }).session, false);
    expect(await from({ VAULT_PASSWORD: 'direct' })).toBe('direct');
    expect(await from({ VAULT_PASSWORD_FILE: file })).toBe('from a file');
    expect(await from({ VAULT_PASSWORD_COMMAND: 'printf "a b\\n"' })).toBe('a b');
  });

  it.each([
    [{}, 'no terminal to ask on'],
    [{ VAULT_PASSWORD: '' }, 'empty'],
    [
      { VAULT_PASSWORD_FILE: '/nonexistent/p' },
      'cannot read VAULT_PASSWORD_FILE /nonexistent/p: there is no such file',
    ],
    [{ VAULT_PASSWORD_FILE: '/' }, 'it is a folder'],
    [{ VAULT_PASSWORD_COMMAND: 'exit 3' }, 'VAULT_PASSWORD_COMMAND failed (exit code 3)'],
  ])('is refused when there is none: %j', async (env, reason) => {
    await expect(
      passphraseOf(session({ env: env as Record<string, string> }).session, false),
    ).rejects.toThrow(reason);
  });

  it('is asked without echo, with corrections', async () => {
    const { terminal, session: here } = session({ tty: true });
    const asked = passphraseOf(here, false);
    terminal.type('secrex\u007ft\r');
    expect(await asked).toBe('secret');
    expect(terminal.err()).toBe('Passphrase: \n');
    expect(terminal.out()).toBe('');
  });

  it('is asked twice for a new vault, and both must agree', async () => {
    const good = session({ tty: true });
    const asked = passphraseOf(good.session, true);
    good.terminal.type('one\rone\r');
    expect(await asked).toBe('one');
    const bad = session({ tty: true });
    const differing = passphraseOf(bad.session, true);
    bad.terminal.type('one\rtwo\r');
    await expect(differing).rejects.toThrow('differ');
  });

  it('ends the question on Ctrl-C', async () => {
    const { terminal, session: here } = session({ tty: true });
    const asked = passphraseOf(here, false);
    terminal.type('abc\u0003');
    await expect(asked).rejects.toMatchObject({ code: 'interrupted' });
  });
});

describe('a ticket argument', () => {
  it('is the text itself, a file, or standard input', async () => {
    const { session: here } = session({ input: 'from stdin\n' });
    expect(await readText(here, 'itself', 'the ticket')).toBe('itself');
    expect(await readText(here, '-', 'the ticket')).toBe('from stdin\n');
    await expect(readText(here, '@/nonexistent', 'the ticket')).rejects.toThrow('cannot read the ticket');
  });
});
