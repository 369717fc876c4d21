/** What one run does, in which order, with commands that only pretend. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Commands, VaultOutcome } from '../../../src/api/schedule/commands.ts';
import { runSchedule } from '../../../src/api/schedule/run-schedule.ts';
import type { RunEnd, Schedule } from '../../../src/api/schedule/schedule-types.ts';
import { VaultError } from '../../../src/model/errors.ts';

const schedule: Schedule = {
  name: 'docs',
  home: '/home/me/vault',
  paths: ['/data', '/-odd'],
  excludes: ['-rf'],
  excludeFiles: [],
  tags: ['mine'],
  timing: { timeZone: 'Europe/Berlin', everyMs: 1000 },
  keep: ['--keep-last=3'],
  before: 'prepare',
  after: 'tidy up',
  limitUpload: '32k',
  notOnBattery: false,
  addedMs: 0,
  unlock: { kind: 'own-key', keyId: 'aa' },
};
const SUMMARY = {
  message_type: 'summary',
  snapshot_id: 'abc',
  files_new: 2,
  files_changed: 1,
  data_added: 9,
  files_unreadable: 0,
  copies_min: 3,
  copies_target: 3,
};
const GOOD: VaultOutcome = { exitCode: 0, finished: true, messages: [SUMMARY], problems: [] };

let calls: string[];
let answers: Record<string, Partial<VaultOutcome> & { tail?: string }>;
let ending: AbortController;

const commands: Commands = {
  vault: async ([command = '', ...args], env) => {
    calls.push(`vault ${command}`, ...(command === 'backup' ? args : []));
    expect(env).toEqual({
      VAULT_HOME: '/home/me/vault',
      VAULT_PASSWORD_FILE: '/secret',
      TZ: 'Europe/Berlin',
    });
    return { ...GOOD, ...answers[command] };
  },
  shell: async (command, env) => {
    calls.push(`${command}: ${env.VAULT_OUTCOME ?? ''} ${env.VAULT_EXIT_CODE ?? ''}`.trim());
    expect(Object.keys(env).join()).not.toContain('PASSWORD');
    return { exitCode: answers[command]?.exitCode ?? 0, tail: answers[command]?.tail ?? '' };
  },
};

function run(more: Partial<Schedule> = {}, tidy = true): Promise<RunEnd> {
  const parts = { commands, secretFile: async () => '/secret', hostName: 'host' };
  return runSchedule({ ...schedule, ...more }, parts, { tidy, signal: ending.signal });
}

beforeEach(() => {
  calls = [];
  answers = {};
  ending = new AbortController();
});

describe('a run', () => {
  it('prepares, backs up, applies the policy and tidies up, in this order', async () => {
    answers.forget = { messages: [{ message_type: 'summary', snapshots_removed: 4 }] };
    expect(await run()).toEqual({
      outcome: 'done',
      exitCode: 0,
      snapshotId: 'abc',
      summary: {
        filesNew: 2,
        filesChanged: 1,
        dataAdded: 9,
        filesUnreadable: 0,
        copiesMin: 3,
        copiesTarget: 3,
      },
      forgotten: 4,
      problems: [],
    });
    expect(calls).toEqual([
      'prepare:',
      'vault backup',
      '--exclude=-rf',
      '--tag=schedule:docs',
      '--tag=mine',
      '--limit-upload=32k',
      '--',
      '/data',
      '/-odd',
      'vault forget',
      'tidy up: done 0',
    ]);
  });

  it('makes no backup when the command before it fails; the one after it has nothing to undo', async () => {
    answers.prepare = { exitCode: 7, tail: 'mounting\nno such disk' };
    expect(await run()).toEqual({
      outcome: 'not-begun',
      exitCode: 7,
      problems: ['the command before the backup ended with 7: no such disk'],
    });
    expect(calls).toEqual(['prepare:']);
  });

  it('begins nothing without its secret', async () => {
    const secretFile = async (): Promise<string> => {
      throw new VaultError('denied', 'others can read it', { hint: 'chmod 600 it' });
    };
    const end = await runSchedule(
      schedule,
      { commands, secretFile, hostName: 'host' },
      { tidy: true, signal: ending.signal },
    );
    expect(end).toMatchObject({ outcome: 'not-begun', problems: ['others can read it. chmod 600 it'] });
    expect(calls).toEqual([]);
  });

  it.each([
    [0, 'done'],
    [3, 'done'],
    [21, 'done'],
    [1, 'failed'],
    [12, 'failed'],
    [20, 'failed'],
    [130, 'failed'],
  ])('whose backup ends with %i is %s', async (exitCode, outcome) => {
    answers.backup = { exitCode, problems: ['why'] };
    const end = await run();
    expect(end).toMatchObject({ outcome, exitCode, problems: exitCode === 0 ? [] : ['why'] });
    expect(calls.includes('vault forget')).toBe(outcome === 'done');
    expect(calls.at(-1)).toBe(`tidy up: ${outcome} ${exitCode}`);
  });

  it('never takes an exit code for a backup that told nothing of itself', async () => {
    answers.backup = { exitCode: 0, messages: [] };
    expect(await run()).toMatchObject({ outcome: 'failed' });
  });

  it('that is stopped says so and still undoes what it began', async () => {
    ending.abort();
    answers.backup = { exitCode: 130, finished: false, messages: [] };
    expect(await run({ before: undefined } as unknown as Partial<Schedule>)).toMatchObject({
      outcome: 'stopped',
    });
    expect(calls.at(-1)).toBe('tidy up: stopped 130');
  });

  it('is a backup all the same when the policy or the command after it fails, and names both', async () => {
    answers.forget = { exitCode: 1, problems: ['not allowed'] };
    answers['tidy up'] = { exitCode: 2 };
    expect(await run()).toMatchObject({
      outcome: 'done',
      problems: ['forget ended with 1', 'forget: not allowed', 'the command after the backup ended with 2'],
    });
  });

  it('applies no policy when there is none or it was applied a moment ago', async () => {
    expect(await run({ keep: [] })).not.toHaveProperty('forgotten');
    expect(await run({}, false)).not.toHaveProperty('forgotten');
    expect(calls).not.toContain('vault forget');
  });
});
