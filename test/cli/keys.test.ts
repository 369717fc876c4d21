/** `vault key ...` through the program: what is asked, what is printed, and which exit code it ends with (C1). */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runProgram } from '../../cli/terminal/program.ts';
import { vaultProgram } from '../../cli/vault-program.ts';
import { wordsOf } from '../../src/crypto/recovery-words.ts';
import { deriveVaultKeys } from '../../src/crypto/vault-keys.ts';
import { encodeTicket } from '../../src/format/ticket.ts';
import { nodeDisk } from '../../src/runtime/node-disk.ts';
import { systemRandom } from '../../src/runtime/system-random.ts';
import { createDevice } from '../../src/vault/device.ts';
import { VaultHome } from '../../src/vault/vault-home.ts';
import { type FakeTerminal, fakeTerminal, NO_SIGNAL } from './fake-terminal.ts';

const TICKET = encodeTicket({
  secret: new Uint8Array(32).fill(1),
  addresses: ['/ip4/127.0.0.1/tcp/1/p2p/x'],
});
/** A guess costs 64 MiB, also on a machine that is busy with other tests. */
vi.setConfig({ testTimeout: 120_000 });

const root = mkdtempSync(path.join(os.tmpdir(), 'vault-keys-test-'));
const home = path.join(root, 'home');
const newFile = path.join(root, 'new');

async function vault(line: string, env: Record<string, string>) {
  const terminal = fakeTerminal({ env: { VAULT_HOME: home, ...env } });
  const code = await runProgram(vaultProgram, line.split(' '), terminal, NO_SIGNAL);
  const messages = line.includes('--json') && code === 0 ? terminal.messages() : [];
  return { code, out: terminal.out(), err: terminal.err(), messages };
}

function onTerminal(
  line: string,
  env: Record<string, string> = {},
): { terminal: FakeTerminal; ended: Promise<number> } {
  const terminal = fakeTerminal({ tty: true, env: { VAULT_HOME: home, ...env } });
  return { terminal, ended: runProgram(vaultProgram, line.split(' '), terminal, NO_SIGNAL) };
}

beforeAll(async () => {
  const keys = deriveVaultKeys(new Uint8Array(32).fill(4));
  const device = createDevice(keys, 'laptop', new Uint8Array(32).fill(5), 1);
  const boxCost = { memoryKiB: 64, passes: 1, parallelism: 1 };
  const boxFacts = { label: '', user: 'ada', host: 'laptop', createdMs: 1_700_000_000_000 };
  const parts = { passphrase: 'first', boxCost, boxFacts, keys, device, ticket: TICKET, copies: 3 };
  await VaultHome.create(nodeDisk(), systemRandom, home, parts);
  writeFileSync(newFile, 'second\n');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** One story, told in order. */
describe('the keys of a vault', () => {
  it('are listed with restic’s names, the one in use marked', async () => {
    const listed = await vault('key list --json', { VAULT_PASSWORD: 'first' });
    expect(listed.messages).toEqual([
      {
        message_type: 'key',
        current: true,
        id: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        short_id: expect.stringMatching(/^[0-9a-f]{8}$/) as string,
        label: '',
        userName: 'ada',
        hostName: 'laptop',
        created: '2023-11-14T22:13:20.000Z',
      },
    ]);
    const { out } = await vault('key list', { VAULT_PASSWORD: 'first' });
    expect(out).toMatch(/^\s+ID +Label +User +Host +Created\n\* {2}[0-9a-f]{8} +ada +laptop +2023-11-1\d /);
  });

  it('are added from a file, the environment or a command, never from the variable of the old one', async () => {
    const old = { VAULT_PASSWORD: 'first' };
    expect((await vault(`key add --label script --new-password-file ${newFile}`, old)).code).toBe(0);
    expect((await vault('key add', { ...old, VAULT_NEW_PASSWORD_COMMAND: 'echo third' })).out).toMatch(
      /^added {5}key [0-9a-f]{8}\n$/,
    );
    const none = await vault('key add', old);
    expect(none.code).toBe(1);
    expect(none.err).toContain('no passphrase: there is no terminal to ask on');
    expect(none.err).toContain('VAULT_NEW_PASSWORD_FILE');
    expect((await vault('key list --json', { VAULT_PASSWORD: 'second' })).messages).toHaveLength(3);
  });

  it('are asked twice on a terminal, without echo, after the old one was right', async () => {
    const { terminal, ended } = onTerminal('key passwd');
    terminal.type('third\rbetter\rbetter\r');
    expect(await ended).toBe(0);
    expect(terminal.err()).toBe('Passphrase: \nNew passphrase: \nOnce more: \n');
    expect(terminal.out()).toMatch(/^changed {3}key [0-9a-f]{8}\n$/);
    const differing = onTerminal('key passwd', { VAULT_PASSWORD: 'better' });
    differing.terminal.type('one\rtwo\r');
    expect(await differing.ended).toBe(1);
    expect(differing.terminal.err()).toContain('the two passphrases differ; nothing was done');
    expect((await vault('key list', { VAULT_PASSWORD: 'third' })).code).toBe(12);
  });

  it('are removed by label or id, but not the one in use', async () => {
    const env = { VAULT_PASSWORD: 'first' };
    const removed = await vault('key remove script --json', env);
    expect(removed.messages).toMatchObject([
      { message_type: 'key_removed', label: 'script', current: false },
    ]);
    expect((await vault('key list', { VAULT_PASSWORD: 'second' })).code).toBe(12);
    const keys = (await vault('key list --json', env)).messages;
    const own = keys.find(({ current }) => current);
    const refused = await vault(`key remove ${String(own?.short_id)}`, env);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('cannot be removed');
    for (const { id, current } of keys) if (!current) await vault(`key remove ${String(id)}`, env);
    expect((await vault(`key remove ${String(own?.id)}`, env)).err).toContain('the only key');
  });

  it.each([
    ['key', '"vault key" needs a second word', 'first'],
    ['key lsit', 'Did you mean "vault key list"?', 'first'],
    ['key remove', 'name the key to remove', 'first'],
    ['key remove a b', '"b" is too much', 'first'],
    ['key remove zzzz', 'no key is called zzzz', 'first'],
    ['key add --new-password-file /nonexistent/p', 'cannot read --new-password-file /nonexistent/p', 'first'],
    ['key add x', 'takes no "x"', 'first'],
  ])('are left alone by a mistake: vault %s', async (line, reason, VAULT_PASSWORD) => {
    const { code, err, out } = await vault(line, { VAULT_PASSWORD });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(reason);
  });

  it('are asked for with the documented errors: 12 for a wrong passphrase, 10 where there is no vault', async () => {
    const wrong = await vault('key add --json', { VAULT_PASSWORD: 'wrong', VAULT_NEW_PASSWORD: 'x' });
    expect(wrong.code).toBe(12);
    expect(JSON.parse(wrong.err)).toMatchObject({
      message_type: 'exit_error',
      error_code: 'wrong-passphrase',
    });
    expect((await vault('key list', { VAULT_HOME: '/nonexistent/vault', VAULT_PASSWORD: 'x' })).code).toBe(
      10,
    );
  });
});

describe('the recovery sheet', () => {
  const file = path.join(root, 'sheet.html');
  const env = { VAULT_PASSWORD: 'first' };

  it('needs the passphrase, and is a file that only its owner can read', async () => {
    expect((await vault(`key recovery-sheet -o ${file}`, { VAULT_PASSWORD: 'wrong' })).code).toBe(12);
    expect(existsSync(file)).toBe(false);
    const written = await vault(`key recovery-sheet --output ${file} --json`, env);
    expect(written.messages).toMatchObject([{ message_type: 'recovery_sheet', file }]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const page = readFileSync(file, 'utf8');
    for (const word of wordsOf(new Uint8Array(32).fill(4)).split(' ')) expect(page).toContain(`>${word}<`);
    expect(written.out + written.err).not.toContain(wordsOf(new Uint8Array(32).fill(4)).split(' ')[0]);
  });

  it('overwrites nothing, and says why it cannot be written', async () => {
    const before = readFileSync(file, 'utf8');
    const again = await vault(`key recovery-sheet --output ${file}`, env);
    expect(again.code).toBe(1);
    expect(again.err).toContain('is there already');
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect((await vault('key recovery-sheet -o /nonexistent/x', env)).err).toContain(
      'cannot write /nonexistent/x',
    );
  });
});
