import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, watch, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareFolders } from '../../src/index.ts';
import { type Outcome, TestMesh } from './mesh-fixture.ts';

/** Only a bound: what is waited for are events. */
const LONGEST_MS = 400_000;

/** One story, told in order, with real `vault-peer` processes that start real `vault` processes. */
describe('a peer that backs up its own machine', () => {
  const mesh = new TestMesh();
  const source = path.join(mesh.root, 'source');
  const mark = (name: string): string => path.join(mesh.root, name);
  const peer = (): string => mesh.folders[0] ?? '';
  const bookOf = (name: string): string => path.join(peer(), 'schedules', name, 'runs.json');

  const schedule = (...words: string[]): Promise<Outcome> =>
    mesh.vault(['schedule', ...words, '--peer', peer(), '--json']);
  const runsOf = async (name: string): Promise<readonly Record<string, unknown>[]> =>
    (await schedule('log', name)).messages.filter((line) => line.message_type === 'schedule_run');

  /** Resolves when something in the schedule's folder, or the test's, has made `check` true. */
  async function until<T>(name: string, check: () => Promise<T | undefined>): Promise<T> {
    let changed: () => void = () => undefined;
    const folders = [mesh.root, path.join(peer(), 'schedules', name)];
    const watchers = folders.map((folder) => watch(folder, () => changed()));
    try {
      for (;;) {
        const next = new Promise<void>((resolve) => {
          changed = resolve;
        });
        const found = await check();
        if (found !== undefined) return found;
        await next;
      }
    } finally {
      for (const watcher of watchers) watcher.close();
    }
  }
  const ended = (name: string, count: number): Promise<Record<string, unknown>> =>
    until(name, async () => {
      const runs = await runsOf(name);
      return runs.filter(({ outcome }) => outcome !== 'running').length >= count ? runs.at(-1) : undefined;
    });

  beforeAll(async () => {
    mkdirSync(source);
    writeFileSync(path.join(source, 'file'), 'one\n');
    await mesh.add(4);
    expect((await mesh.vault(['init', '--ticket', mesh.ticket])).code).toBe(0);
  }, LONGEST_MS);
  afterAll(() => mesh.end());

  it(
    'is given a schedule, whose secret only its user can read and no process has in its environment',
    async () => {
      const added = await schedule(
        'add',
        source,
        '--every',
        '1h',
        '--name',
        'docs',
        '--keep-last',
        '1',
        '--tag',
        'mine',
        '--before',
        `echo "$VAULT_SCHEDULE" > ${mark('before')}; env > ${mark('env')}`,
        '--after',
        `echo "$VAULT_OUTCOME $VAULT_EXIT_CODE $VAULT_SNAPSHOT" > ${mark('after')}`,
      );
      expect(added).toMatchObject({ code: 0, err: '' });
      expect(added.messages[0]).toMatchObject({ message_type: 'schedule_added', peer_runs: true });
      const file = path.join(peer(), 'schedules', 'docs', 'passphrase');
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const keys = (await mesh.vault(['key', 'list', '--json'])).messages;
      expect(keys.map(({ label }) => label)).toContain('schedule docs');
      expect(await ended('docs', 1)).toMatchObject({ outcome: 'done' });
      expect(readFileSync(mark('env'), 'utf8')).not.toContain('VAULT_PASSWORD');
      expect(readFileSync(mark('env'), 'utf8')).not.toContain(readFileSync(file, 'utf8').trim());
    },
    LONGEST_MS,
  );

  it(
    'runs it when it is due, with three copies, and says so in the log and to the commands',
    async () => {
      const [run] = await runsOf('docs');
      expect(run).toMatchObject({ reason: 'due', exit_code: 0, files_new: 1, copies_min: 3, problems: [] });
      expect(readFileSync(mark('before'), 'utf8')).toBe('docs\n');
      expect(readFileSync(mark('after'), 'utf8')).toBe(`done 0 ${String(run?.snapshot_id)}\n`);
      const target = path.join(mesh.root, 'restored');
      await mesh.vault(['restore', `latest:${source}`, '--target', target]);
      const { differences } = await compareFolders({ expected: source, actual: target, self: true });
      expect(differences).toEqual([]);
    },
    LONGEST_MS,
  );

  it(
    'forgets its own old snapshots by its policy, and none that a person made',
    async () => {
      await mesh.vault(['backup', source]);
      // The policy is applied at most once an hour, and it was.
      const book = JSON.parse(readFileSync(bookOf('docs'), 'utf8')) as Record<string, unknown>;
      writeFileSync(bookOf('docs'), JSON.stringify({ ...book, tidiedMs: 0 }));
      const tidied = await schedule('run', 'docs');
      expect(tidied.code).toBe(0);
      expect(tidied.messages[0]).toMatchObject({ reason: 'by-hand', outcome: 'done', snapshots_removed: 1 });
      const left = (await mesh.vault(['snapshots', '--json'])).messages;
      expect(left.map(({ tags }) => [...(tags as string[])].sort())).toEqual([[], ['mine', 'schedule:docs']]);
    },
    LONGEST_MS,
  );

  it(
    'makes no backup when the command before it fails, and logs it',
    async () => {
      await schedule('add', source, '--every', '1h', '--name', 'guarded', '--before', 'echo no disk; exit 9');
      expect(await ended('guarded', 1)).toMatchObject({
        outcome: 'not-begun',
        exit_code: 9,
        problems: ['the command before the backup ended with 9: no disk'],
      });
      expect((await schedule('run', 'guarded')).code).toBe(9);
      expect((await schedule('remove', 'guarded')).code).toBe(0);
    },
    LONGEST_MS,
  );

  it(
    'refuses a passphrase that others can read',
    async () => {
      const file = mark('passphrase');
      writeFileSync(file, 'passphrase\n', { mode: 0o600 });
      const line = ['add', source, '--cron', '0 0 1 1 *', '--name', 'filed', '--password-file', file];
      chmodSync(file, 0o644);
      expect(await schedule(...line)).toMatchObject({ code: 1, err: expect.stringContaining('"denied"') });
      chmodSync(file, 0o600);
      expect(await schedule(...line)).toMatchObject({ code: 0 });
      chmodSync(file, 0o640);
      const refused = await schedule('run', 'filed');
      expect(refused.code).toBe(1);
      expect(refused.messages[0]).toMatchObject({ outcome: 'not-begun' });
      expect(JSON.stringify(refused.messages[0])).toContain('chmod 600');
    },
    LONGEST_MS,
  );

  it(
    'stops a run cleanly at SIGTERM, and makes up for it at the next start',
    async () => {
      const started = mark('slow-started');
      await schedule(
        'add',
        source,
        '--every',
        '1h',
        '--name',
        'slow',
        '--before',
        `test -e ${mark('go')} || { touch ${started}; sleep 600; }`,
      );
      await until('slow', async () => (existsSync(started) ? true : undefined));
      const running = mesh.running.get(0);
      expect(await running?.stop()).toMatchObject({ code: 0 });
      mesh.running.delete(0);
      expect((await runsOf('slow')).map(({ outcome }) => outcome)).toEqual(['stopped']);
      expect((await schedule('list')).err).toContain('does not run');
      writeFileSync(mark('go'), '');
      await mesh.up(0);
      expect(await ended('slow', 2)).toMatchObject({ outcome: 'done' });
      expect((await schedule('remove', 'slow')).code).toBe(0);
    },
    LONGEST_MS,
  );

  it(
    'makes up once for a run in whose middle it was killed, and the log tells',
    async () => {
      const file = path.join(source, 'large');
      writeFileSync(file, randomBytes(8_000_000));
      // A limit that makes it last for minutes: the kill comes in the middle of the backup.
      const line = ['add', source, '--every', '1h', '--name', 'killed', '--limit-upload', '32k'];
      await schedule(...line, '--before', `date >> ${mark('killed-starts')}`);
      await until('killed', async () => (existsSync(mark('killed-starts')) ? true : undefined));
      await mesh.kill(0);
      expect((await runsOf('killed')).map(({ outcome }) => outcome)).toEqual(['running']);
      await mesh.up(0);
      await until('killed', async () => ((await runsOf('killed')).length > 1 ? true : undefined));
      expect((await runsOf('killed')).map(({ outcome }) => outcome)).toEqual(['died', 'running']);
      expect((await schedule('remove', 'killed')).code).toBe(0);
      expect((await schedule('log', 'killed')).code).toBe(1);
    },
    LONGEST_MS,
  );

  it(
    'runs when something has changed, and after that waits for the next change',
    async () => {
      const line = ['add', source, '--watch', '--settle', '1s', '--name', 'watched', '--exclude', '*.tmp'];
      await schedule(...line);
      expect(await ended('watched', 1)).toMatchObject({ reason: 'changed', outcome: 'done' });
      writeFileSync(path.join(source, 'new'), 'new\n');
      expect(await ended('watched', 2)).toMatchObject({ reason: 'changed', files_new: 1 });
      const [listed] = (await schedule('list')).messages.filter(({ name }) => name === 'watched');
      expect(listed).not.toHaveProperty('next_run');
      await schedule('remove', 'watched');
    },
    LONGEST_MS,
  );

  it(
    'begins nothing in a pause, and says when a backup is overdue',
    async () => {
      expect((await schedule('pause', '2h')).messages[0]).toMatchObject({ message_type: 'schedules_paused' });
      const alarm = mark('alarm');
      await schedule(
        'add',
        source,
        '--every',
        '1h',
        '--name',
        'expected',
        '--expect-every',
        '1s',
        '--on-alarm',
        `echo "$VAULT_ALARM" > ${alarm}`,
      );
      await until('expected', async () => (existsSync(alarm) && statSync(alarm).size > 0 ? true : undefined));
      expect(readFileSync(alarm, 'utf8')).toContain(
        'schedule expected: no backup has come since it was added',
      );
      expect(await runsOf('expected')).toEqual([]);
      const late = await schedule('check');
      expect(late.code).toBe(26);
      expect(late.messages.at(-1)).toMatchObject({ overdue: ['expected'], peer_runs: true, paused: true });
      expect((await schedule('log', 'expected')).messages[0]).toMatchObject({
        message_type: 'schedule_alarm',
      });
      expect((await schedule('resume')).messages[0]).toMatchObject({ was_paused: true });
      expect(await ended('expected', 1)).toMatchObject({ outcome: 'done' });
      await schedule('remove', 'expected');
      expect((await schedule('check')).code).toBe(0);
    },
    LONGEST_MS,
  );
});
