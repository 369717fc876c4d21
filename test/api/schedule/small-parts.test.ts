/** Files that say what to run, secrets that others can read, batteries, and the bounded log. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { childCommands } from '../../../src/api/schedule/child-commands.ts';
import { onBattery } from '../../../src/api/schedule/power.ts';
import { begun, EMPTY_BOOK, ended, MOST_RUNS, type RunBook } from '../../../src/api/schedule/run-book.ts';
import { decodeSchedule, encodeSchedule } from '../../../src/api/schedule/schedule-file.ts';
import type { Schedule } from '../../../src/api/schedule/schedule-types.ts';
import { secretFile } from '../../../src/api/schedule/secret-file.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';

const root = mkdtempSync(path.join(tmpdir(), 'schedule-parts-'));
afterAll(() => rmSync(root, { recursive: true }));

const whole: Schedule = {
  name: 'docs',
  home: '/h',
  paths: ['/a'],
  excludes: ['*.o'],
  excludeFiles: ['/x'],
  tags: ['t'],
  timing: { timeZone: 'UTC', cron: '0 3 * * *', settleMs: 5000 },
  keep: ['--keep-last=1'],
  before: 'b',
  after: 'c',
  onAlarm: 'd',
  expectMs: 5000,
  limitUpload: '08:00-18:00=500k',
  notOnBattery: true,
  addedMs: 7,
  unlock: { kind: 'credential', name: 'vault' },
};

describe('the file of a schedule', () => {
  it('keeps every field', () => {
    expect(decodeSchedule(encodeSchedule(whole), 'docs')).toEqual(whole);
    const plain: Schedule = {
      ...whole,
      timing: { timeZone: 'UTC', everyMs: 1000 },
      unlock: { kind: 'own-key', keyId: 'a' },
    };
    expect(decodeSchedule(encodeSchedule(plain), 'docs')).toEqual(plain);
  });

  it.each<[string, unknown]>([
    ['no JSON', '{'],
    ['a list', []],
    ['another version', { ...whole, version: 2 }],
    ['another name', { ...whole, version: 1, name: 'other' }],
    ['no paths', { ...whole, version: 1, paths: [] }],
    ['paths that are numbers', { ...whole, version: 1, paths: [1] }],
    ['no time', { ...whole, version: 1, timing: { timeZone: 'UTC' } }],
    ['two times', { ...whole, version: 1, timing: { timeZone: 'UTC', everyMs: 5000, cron: '0 3 * * *' } }],
    ['a time that is no time', { ...whole, version: 1, timing: { timeZone: 'UTC', everyMs: -5 } }],
    ['a limit that is none', { ...whole, version: 1, limitUpload: 'fast' }],
    [
      'a credential elsewhere',
      { ...whole, version: 1, unlock: { kind: 'credential', name: '../../etc/passwd' } },
    ],
    ['an unknown secret', { ...whole, version: 1, unlock: { kind: 'words' } }],
  ])('is refused with %s', (_what, content) => {
    const bytes = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
    expect(() => decodeSchedule(bytes, 'docs')).toThrow(expect.objectContaining({ name: 'VaultError' }));
  });
});

describe('the secret of an unattended run (C1)', () => {
  const file = path.join(root, 'secret');
  const places = { ownKeyFile: file, credentials: undefined, uid: process.getuid?.() };

  it('is read from a file that only its user can read', async () => {
    writeFileSync(file, 'x');
    for (const mode of [0o644, 0o640, 0o604, 0o620]) {
      chmodSync(file, mode);
      await expect(secretFile({ kind: 'file', file }, places)).rejects.toMatchObject({ code: 'denied' });
    }
    chmodSync(file, 0o600);
    expect(await secretFile({ kind: 'file', file }, places)).toBe(file);
    expect(await secretFile({ kind: 'own-key', keyId: 'a' }, places)).toBe(file);
    const stranger = { ...places, uid: (process.getuid?.() ?? 0) + 1 };
    await expect(secretFile({ kind: 'file', file }, stranger)).rejects.toMatchObject({ code: 'denied' });
  });

  it('or from a credential that systemd hands over', async () => {
    const unlock = { kind: 'credential', name: 'secret' } as const;
    expect(await secretFile(unlock, { ...places, credentials: root })).toBe(file);
    await expect(secretFile(unlock, places)).rejects.toMatchObject({
      hint: expect.stringContaining('LoadCredential=secret'),
    });
  });

  it.each([root, path.join(root, 'none')])('is no folder and not absent: %s', async (wrong) => {
    await expect(secretFile({ kind: 'file', file: wrong }, places)).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('on battery', () => {
  const machine = (supplies: Readonly<Record<string, Readonly<Record<string, string>>>>): string => {
    const folder = mkdtempSync(path.join(root, 'power-'));
    for (const [name, files] of Object.entries(supplies)) {
      mkdirSync(path.join(folder, name));
      for (const [key, value] of Object.entries(files))
        writeFileSync(path.join(folder, name, key), `${value}\n`);
    }
    return folder;
  };
  const battery = { type: 'Battery', status: 'Discharging' };

  it.each([
    ['no supplies at all', {}, false],
    ['a battery that is emptied', { BAT0: battery, AC: { type: 'Mains', online: '0' } }, true],
    ['mains power', { BAT0: battery, AC: { type: 'Mains', online: '1' } }, false],
    ['power over USB', { BAT0: battery, usb: { type: 'USB', online: '1' } }, false],
    ['a full battery', { BAT0: { type: 'Battery', status: 'Full' } }, false],
    ['the battery of a mouse', { mouse: { ...battery, scope: 'Device' } }, false],
  ])('is told by %s', async (_what, supplies, expected) => {
    expect(await onBattery(machine(supplies))).toBe(expected);
  });

  it('is not assumed where nothing tells', async () => {
    expect(await onBattery(path.join(root, 'nowhere'))).toBe(false);
  });
});

describe('the book of a schedule', () => {
  it('keeps a bounded log, and the last success beyond it', () => {
    let book: RunBook = ended(begun(EMPTY_BOOK, 'due', 1), { outcome: 'done', problems: [] }, 2);
    for (let i = 0; i < MOST_RUNS + 9; i++) {
      const problems = Array.from({ length: 20 }, () => 'x'.repeat(1000));
      book = ended(begun(book, 'retry', 10 * i), { outcome: 'failed', problems }, 10 * i + 5);
    }
    expect(book.runs).toHaveLength(MOST_RUNS);
    expect(book).toMatchObject({ lastSuccessMs: 2, failures: MOST_RUNS + 9 });
    expect(JSON.stringify(book).length).toBeLessThan(2 ** 20);
  });
});

describe('a shell command of a schedule', () => {
  const commands = childCommands({
    program: 'none',
    env: { ...process.env, VAULT_PASSWORD: 'secret', VAULT_NEW_PASSWORD_FILE: 'secret', KEPT: 'yes' },
    clock: systemClock,
  });
  const never = new AbortController().signal;

  it('has the environment of the peer, but no way to a passphrase', async () => {
    const { tail } = await commands.shell(
      'echo "$KEPT-$ADDED-$VAULT_PASSWORD-$VAULT_NEW_PASSWORD_FILE"',
      { ADDED: 'a' },
      never,
    );
    expect(tail).toBe('yes-a--');
  });

  it('ends with its exit code, and does not wait for what it left running', async () => {
    const { exitCode, tail } = await commands.shell('sleep 60 & echo $!; exit 5', {}, never);
    process.kill(Number(tail));
    expect(exitCode).toBe(5);
  });

  it('is ended with all it started when the run is stopped', async () => {
    const stop = new AbortController();
    const ending = commands.shell('echo $$; sleep 60; echo late', {}, stop.signal);
    stop.abort();
    expect(await ending).toMatchObject({ exitCode: 143 });
  });

  it('that cannot be started is a program that failed', async () => {
    const outcome = await commands.vault(['backup'], {}, never);
    expect(outcome.exitCode).not.toBe(0);
    expect(outcome.problems.join()).toContain('none');
  });
});
