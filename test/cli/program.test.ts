import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../cli/terminal/program.ts';
import { vaultProgram } from '../../cli/vault-program.ts';
import { peerProgram } from '../../peer/peer-program.ts';
import { fakeTerminal, NO_SIGNAL } from './fake-terminal.ts';

async function vault(words: string, env: Record<string, string> = {}) {
  const terminal = fakeTerminal({ env });
  const code = await runProgram(vaultProgram, words.split(' ').filter(Boolean), terminal, NO_SIGNAL);
  return { code, out: terminal.out(), err: terminal.err() };
}

/** Enough of a vault that a passphrase is asked. */
const home = mkdtempSync(path.join(os.tmpdir(), 'vault-program-test-'));
writeFileSync(path.join(home, 'vault.json'), '');
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('a command line', () => {
  it.each([
    ['bakup x', 'unknown command "bakup"', 'Did you mean "vault backup"?'],
    ['backup x --tga y', 'unknown option --tga', 'Did you mean --tag?'],
    ['--jsno snapshots', 'unknown option --jsno', 'Did you mean --json?'],
    ['xyzzy', 'unknown command "xyzzy"', '"vault help" lists the commands.'],
    ['backup', 'nothing to back up', 'vault backup ~/documents'],
    ['restore latest', '--target is missing', 'vault restore latest --target DIR'],
    [
      'restore latest --target a --overwrite maybe',
      '--overwrite takes fail, never, if-newer, if-changed, always',
      '',
    ],
    ['restore latest --target a --target b', '--target is given twice', ''],
    ['restore latest --target', '--target needs a value', ''],
    ['restore latest --target --json', 'looks like an option', '--target=--json'],
    ['snapshots --json=yes', '--json takes no value', ''],
    ['init', '--ticket is missing', '@ticket.txt'],
    ['init --ticket x --copies 0', '--copies takes a number from 1 to 16', ''],
    ['recover --ticket - --words-file -', 'cannot be both', ''],
    ['ls', 'name a snapshot', ''],
    ['status now', 'takes no "now"', ''],
    ['help backup ls', 'one command only', ''],
  ])('is refused with the reason and the next step: vault %s', async (words, reason, hint) => {
    const { code, out, err } = await vault(words);
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toContain(reason);
    expect(err).toContain(hint);
  });

  it('tells errors as one JSON line with --json, wherever it stands', async () => {
    for (const words of ['--json backup --tga x', 'backup --tga x --json']) {
      const { code, err } = await vault(words);
      const line = JSON.parse(err) as Record<string, unknown>;
      expect(line).toMatchObject({ message_type: 'exit_error', code: 1, error_code: 'usage' });
      expect(line.message).toBe('unknown option --tga');
      expect(line.hint).toContain('--tag');
      expect(code).toBe(1);
    }
  });

  it.each([
    ['--data DIR', 'run'],
    ['--data DIR status', 'status'],
    ['status --data DIR', 'status'],
  ])('may have options with values before the command: vault-peer %s', async (words) => {
    const terminal = fakeTerminal();
    const line = words.replace('DIR', '/nonexistent/peer').split(' ');
    expect(await runProgram(peerProgram, line, terminal, NO_SIGNAL)).toBe(10);
    expect(terminal.err()).toContain('/nonexistent/peer holds no peer');
  });

  it.each([
    ['backup /x', 'what was sent is not sent twice'],
    ['restore latest --target /x', 'Run the same command again.'],
    ['snapshots', 'Run the same command again.'],
  ])('that is interrupted ends with 130 and the next step: vault %s', async (words, hint) => {
    const terminal = fakeTerminal({ tty: true, env: { VAULT_HOME: home } });
    const ended = runProgram(vaultProgram, words.split(' '), terminal, NO_SIGNAL);
    terminal.type('\u0003');
    expect(await ended).toBe(130);
    expect(terminal.err()).toContain(hint);
  });

  it('ends with 10 where there is no vault, before any passphrase is asked', async () => {
    const { code, err } = await vault('snapshots', { VAULT_HOME: '/nonexistent/vault' });
    expect(code).toBe(10);
    expect(err).toContain('/nonexistent/vault holds no vault');
    expect(err).toContain('vault recover');
  });

  it('refuses tickets that are none before anything is made', async () => {
    const env = { VAULT_HOME: '/nonexistent/vault', VAULT_PASSWORD: 'x' };
    const { code, err } = await vault('init --ticket nonsense', env);
    expect(code).toBe(1);
    expect(err).toContain('no usable ticket');
  });

  it('shows the version, alone and as JSON', async () => {
    expect((await vault('--version')).out).toMatch(/^vault \d+\.\d+\.\d+\n$/);
    expect((await vault('backup --version')).out).toMatch(/^vault \d+\.\d+\.\d+\n$/);
    expect(JSON.parse((await vault('--version --json')).out)).toMatchObject({ message_type: 'version' });
  });
});

describe('help', () => {
  const names = vaultProgram.commands.map(({ name }) => name);

  it('lists every command and every exit code', async () => {
    const { code, out } = await vault('help');
    expect(code).toBe(0);
    await expect(out).toMatchFileSnapshot('transcripts/vault-help.txt');
    expect((await vault('')).out).toBe(out);
    expect((await vault('--help')).out).toBe(out);
  });

  it.each(names)('of "%s" names its options, the same by "help X" and "X --help"', async (name) => {
    const { out } = await vault(`help ${name}`);
    await expect(out).toMatchFileSnapshot(`transcripts/vault-help-${name}.txt`);
    expect((await vault(`${name} --help`)).out).toBe(out);
  });

  it.each(['', ...peerProgram.commands.map(({ name }) => name)])('of vault-peer %s', async (name) => {
    const terminal = fakeTerminal();
    expect(await runProgram(peerProgram, ['help', name].filter(Boolean), terminal, NO_SIGNAL)).toBe(0);
    await expect(terminal.out()).toMatchFileSnapshot(
      `transcripts/vault-peer-help${name ? `-${name}` : ''}.txt`,
    );
    expect(terminal.out()).not.toContain('until-stdin-ends');
  });
});
