/** The upkeep commands against real `vault-peer` processes. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareFolders } from '../../src/index.ts';
import { type Outcome, TestMesh } from './mesh-fixture.ts';

/** One story, told in order: each test goes on where the one before ended. */
describe('a vault is kept tidy', () => {
  const mesh = new TestMesh();
  const source = path.join(mesh.root, 'source');
  let words = '';

  const json = (line: string, home = 'home'): Promise<Outcome> =>
    mesh.vault([...line.split(' '), '--json'], { home });
  const last = ({ messages }: Outcome) => messages.at(-1);
  const ids = async (home = 'home') => (await json('snapshots', home)).messages.map(({ id }) => String(id));
  const backup = async (home = 'home') => {
    const { messages } = await json(`backup ${source}`, home);
    return String(messages.at(-1)?.snapshot_id);
  };
  /** Content, not directories; also what is given up and not yet in the trash. */
  const large = () => [...mesh.chunkFiles().values()].flat().filter((file) => statSync(file).size > 100_000);

  beforeAll(async () => {
    mkdirSync(path.join(source, 'folder'), { recursive: true });
    writeFileSync(path.join(source, 'folder', 'small'), 'small\n');
    await mesh.add(4);
    words = String((await json(`init --ticket ${mesh.ticket}`)).messages[0]?.recovery_words);
    for (const name of ['first', 'second', 'third']) {
      writeFileSync(path.join(source, 'changing'), randomBytes(1_500_000));
      writeFileSync(path.join(source, name), name);
      await backup();
    }
  }, 60_000);
  afterAll(() => mesh.end());

  it('forgets nothing without a policy, and explains a policy before it is carried out', async () => {
    expect((await json('forget')).code).toBe(1);
    const dry = await json('forget --keep-last 1 --dry-run');
    expect(dry.code).toBe(0);
    expect(dry.messages[0]).toMatchObject({
      message_type: 'forget_group',
      reasons: [{ matches: ['last snapshot'] }],
    });
    expect(last(dry)).toMatchObject({ dry_run: true, snapshots_kept: 1, snapshots_removed: 2 });
    expect(await ids()).toHaveLength(3);
  });

  it('forgets, prunes, and brings back what was forgotten, whole (L4)', async () => {
    const before = await ids();
    const forgot = await json('forget --keep-last 1');
    expect(last(forgot)).toMatchObject({ snapshots_kept: 1, snapshots_removed: 2 });
    expect(await ids()).toEqual(before.slice(2));
    const pruned = await json('prune');
    expect(pruned.code).toBe(0);
    expect(Number(last(pruned)?.chunks_dropped)).toBeGreaterThan(2);
    expect(last(pruned)).toMatchObject({ holders: 4, other_devices: [] });
    const listed = await json('undelete --list');
    expect(last(listed)).toMatchObject({
      snapshots_forgotten: 2,
      snapshots_possible: 2,
      snapshots_restored: 0,
    });
    const back = await json(`undelete ${before[0]?.slice(0, 12)}`);
    expect(back.code).toBe(0);
    expect(last(back)).toMatchObject({ snapshots_restored: 1 });
    const returned = String(back.messages[0]?.restored_as);
    expect(await ids()).toEqual([returned, before[2]]);
    const target = path.join(mesh.root, 'undeleted');
    expect((await json(`restore ${returned}:${source} --target ${target}`)).code).toBe(0);
    expect(readFileSync(path.join(target, 'first'), 'utf8')).toBe('first');
  }, 60_000);

  it('checks everything, and all holders prove their copies (R4)', async () => {
    const quick = await json('check');
    expect(quick.code).toBe(0);
    expect(last(quick)).toMatchObject({ ok: true, num_errors: 0, snapshots: 2, chunks_read: 0 });
    const whole = await json('check --read-data');
    expect(whole.code).toBe(0);
    expect(last(whole)?.chunks_read).toBe(last(whole)?.chunks);
    expect(last(whole)?.copies_verified).toBe(3 * Number(last(whole)?.chunks));
    expect((await json('check latest --read-data-subset 50%')).code).toBe(0);
  }, 60_000);

  it('says what would be lost without some peers, and ends with 0', async () => {
    const two = await json('status --what-if peer-0,peer-1');
    expect(two.code).toBe(0);
    expect(two.messages.filter(({ message_type }) => message_type === 'what_if')).toMatchObject([
      { restorable: true, chunks_lost: 0 },
      { restorable: true, chunks_lost: 0 },
    ]);
    const all = await json('status --what-if peer-0,peer-1,peer-2,peer-3');
    expect(all.code).toBe(0);
    expect(all.messages.find(({ message_type }) => message_type === 'what_if')).toMatchObject({
      restorable: false,
    });
    expect((await json('status --what-if nobody')).code).toBe(1);
  }, 60_000);

  it('has a second machine as a device, which keeps what it uses when the first gives it up', async () => {
    const made = await mesh.vault(['recover', '--ticket', mesh.ticket, '--words-file', '-'], {
      home: 'second',
      input: words,
    });
    expect(made.code).toBe(0);
    const theirs = await backup('second');
    expect(last(await json('forget --keep-last 1 --group-by host --host nowhere'))).toMatchObject({
      snapshots_kept: 0,
      snapshots_removed: 0,
    });
    const devices = await json('device list');
    expect(devices.messages).toMatchObject([
      { message_type: 'device', this_machine: true, retired: false },
      { message_type: 'device', this_machine: false, snapshots: 1, retired: false },
    ]);
    const mine = (await ids()).filter((id) => id !== theirs);
    expect((await json(`forget ${mine.join(' ')} --prune`)).code).toBe(0);
    const target = path.join(mesh.root, 'of-the-second');
    expect((await json(`restore latest:${source} --target ${target}`, 'second')).code).toBe(0);
    const { differences } = await compareFolders({ expected: source, actual: target, self: true });
    expect(differences).toEqual([]);
  }, 60_000);

  it('retires a machine and takes over its snapshots', async () => {
    const [, second] = (await json('device list')).messages;
    const retired = await json(`device retire ${String(second?.short_id)}`);
    expect(retired.code).toBe(0);
    expect(last(retired)).toMatchObject({ message_type: 'device_retired', snapshots_taken_over: 1 });
    expect((await json('device list')).messages[1]).toMatchObject({ retired: true });
    expect((await json('check --read-data')).code).toBe(0);
    expect((await json(`backup ${source}`, 'second')).code).not.toBe(0);
  }, 60_000);

  it('finds what is lost, and what is only unavailable', async () => {
    for (const file of large()) rmSync(file);
    const lost = await json('check');
    expect(lost.code).toBe(24);
    expect(lost.err).toContain('"error_code":"lost"');
    await mesh.kill(1, 2, 3);
    const away = await json('check');
    expect([23, 24]).toContain(away.code);
    expect(last(await json('status'))).toMatchObject({ holders_answering: 1 });
  }, 60_000);
});
