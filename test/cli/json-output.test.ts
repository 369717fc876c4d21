import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXITS } from '../../cli/exit-codes.ts';
import type { Program } from '../../cli/terminal/command.ts';
import { runProgram } from '../../cli/terminal/program.ts';
import { vaultProgram } from '../../cli/vault-program.ts';
import { peerProgram } from '../../peer/peer-program.ts';
import { fakeTerminal, NO_SIGNAL } from './fake-terminal.ts';
import {
  checkLines,
  fieldsOf,
  linesSeen,
  SCHEMA_FOLDER,
  schemaFile,
  schemaName,
  withoutSchema,
} from './json-schemas.ts';
import { TestMesh, VAULT_PEER } from './mesh-fixture.ts';

const PROGRAMS: readonly Program[] = [vaultProgram, peerProgram];
const VAULT = path.resolve('cli/vault.mjs');

/** Commands that have no schema yet, as the names of files ("vault-mount"). None: a new command brings its own. */
const NOT_YET: readonly string[] = [];

/** Commands whose output other tests hold against their schema, as they need a stage of their own. */
const CHECKED_ELSEWHERE: readonly string[] = ['vault-bench', 'vault-demo', 'vault-peer-drain'];

interface Answer {
  readonly code: number;
  readonly lines: readonly Record<string, unknown>[];
  readonly errors: readonly Record<string, unknown>[];
}

describe('every command has a schema of what --json prints', () => {
  it.each(PROGRAMS)('$name', (program) => {
    expect(withoutSchema(program).filter((name) => !NOT_YET.includes(name))).toEqual([]);
  });

  it('and none is excused that has one', () => {
    const missing = PROGRAMS.flatMap(withoutSchema);
    expect(NOT_YET.filter((name) => !missing.includes(name))).toEqual([]);
  });

  it('and error.schema.json knows every error code', () => {
    const schema = readFileSync(schemaFile('error'), 'utf8');
    for (const code of Object.keys(EXITS)) expect(schema).toContain(`"${code}"`);
  });
});

/** What the demo measures is for people who compare machines: its schema alone names the figures. */
const NOT_IN_TABLE = schemaFile('vault-demo');

it('the table in docs/cli.md names every field of every schema', () => {
  const text = readFileSync('docs/cli.md', 'utf8');
  const section = text.slice(text.indexOf('\n## JSON\n'), text.indexOf('\n## Environment\n'));
  const files = readdirSync(SCHEMA_FOLDER).map((name) => path.join(SCHEMA_FOLDER, name));
  const fields = files.filter((file) => file !== NOT_IN_TABLE).flatMap((file) => [...fieldsOf(file)]);
  expect(fields.length).toBeGreaterThan(300);
  expect(fields.filter((name) => !section.includes(`\`${name}\``))).toEqual([]);
});

/** One story with the real programs: every line that they print is held against the schemas. */
describe('what the programs print with --json is as docs/json says', () => {
  const mesh = new TestMesh();
  const source = path.join(mesh.root, 'source');
  const stick = path.join(mesh.root, 'stick');
  const lone = path.join(mesh.root, 'lone');
  let words = '';

  const checked = (name: string, code: number, out: string, err: string): Answer => {
    const errors = checkLines('error', err);
    if (code !== 0) expect(errors.at(-1)).toMatchObject({ message_type: 'exit_error', code });
    return { code, lines: checkLines(name, out), errors };
  };
  /** In this process: the same code without the start of another one. */
  const vault = async (
    command: string,
    line: readonly string[] = [],
    env: Record<string, string> = {},
  ): Promise<Answer> => {
    const all = [...command.split(' '), ...line, '--json'];
    const { code, out, err } = await mesh.vault(all, { env, input: words });
    return checked(schemaName('vault', command), code, out, err);
  };
  const peer = async (command: string, ...line: string[]): Promise<Answer> => {
    const terminal = fakeTerminal();
    const code = await runProgram(peerProgram, [command, ...line, '--json'], terminal, NO_SIGNAL);
    return checked(schemaName('vault-peer', command), code, terminal.out(), terminal.err());
  };
  /** As a process of its own, as it is installed; what runs for ever gets a SIGTERM after its first line. */
  const started = (file: string, line: readonly string[], runsForEver = false) => {
    const env = { ...process.env, VAULT_HOME: path.join(mesh.root, 'home'), VAULT_PASSWORD: 'passphrase' };
    const child = spawn(process.execPath, [file, ...line, '--json'], { env });
    let [out, err] = ['', ''];
    child.stdout.on('data', (data) => {
      out += String(data);
      if (runsForEver) child.kill('SIGTERM');
    });
    child.stderr.on('data', (data) => {
      err += String(data);
    });
    return new Promise<{ code: number; out: string; err: string }>((resolve) => {
      child.on('close', (code) => resolve({ code: code ?? -1, out, err }));
    });
  };
  const done = async (command: string, ...line: string[]): Promise<readonly Record<string, unknown>[]> => {
    const { code, lines, errors } = await vault(command, line);
    expect({ command, code, errors }).toMatchObject({ code: 0 });
    return lines;
  };

  beforeAll(async () => {
    mkdirSync(source);
    mkdirSync(stick);
    writeFileSync(path.join(source, 'small'), 'small\n');
    writeFileSync(path.join(source, 'large'), randomBytes(2_000_000));
    await mesh.add(3);
  }, 240_000);
  afterAll(() => mesh.end());

  it('init, backup, snapshots, ls, restore', async () => {
    const [made] = await done('init', '--ticket', mesh.ticket);
    words = String(made?.recovery_words);
    await done('backup', source, '--tag', 'first');
    writeFileSync(path.join(source, 'new'), randomBytes(100_000));
    writeFileSync(path.join(source, 'small'), 'not so small\n');
    const items = (await done('backup', source, '-v')).filter(
      (each) => each.message_type === 'verbose_status',
    );
    expect(new Set(items.map(({ action }) => action))).toEqual(new Set(['modified', 'new']));
    expect((await done('backup', source, '--dry-run')).at(-1)).toMatchObject({ dry_run: true });
    const again = (await done('backup', source, '--skip-if-unchanged')).at(-1);
    expect(again).toMatchObject({ unchanged_since: expect.any(String) });
    expect(again).not.toHaveProperty('snapshot_id');
    expect(await done('snapshots')).toHaveLength(2);
    expect((await done('ls', 'latest', '-l')).length).toBeGreaterThan(3);
    const target = ['latest', '--target', path.join(mesh.root, 'restored')];
    expect((await done('restore', ...target, '--dry-run')).at(-1)).toMatchObject({ dry_run: true });
    const restored = await done('restore', ...target, '--verify', '-v');
    expect(restored.at(-1)).toMatchObject({ files_restored: 3, files_verified: 3 });
    expect(restored).toContainEqual(expect.objectContaining({ action: 'restored' }));
  }, 240_000);

  it('find, diff, dump, stats, mount', async () => {
    expect((await done('find', 'small')).at(-1)).toMatchObject({ versions: 2, snapshots: 2 });
    const differences = await done('diff', 'latest~1', 'latest');
    expect(differences.flatMap(({ modifier }) => modifier ?? [])).toEqual(expect.arrayContaining(['M', '+']));
    const file = path.join(source, 'small');
    const [dumped] = await done('dump', 'latest', file, '--target', path.join(mesh.root, 'dumped'));
    expect(dumped).toMatchObject({ kind: 'file', bytes: 13 });
    expect(await done('stats', '--group-by', 'host')).toHaveLength(4);
    for (const what of ['config', 'snapshot latest', 'tree latest', 'log'])
      expect((await done('cat', ...what.split(' '))).length).toBeGreaterThan(0);
    const [top] = await done('cat', 'snapshot', 'latest');
    const [page] = (top as Record<string, unknown>).root as { chunk: string }[];
    await done('cat', 'chunk', page?.chunk ?? '', '--target', path.join(mesh.root, 'page'));
    expect(await done('stats', '--mode', 'raw-data', '--group-by', 'tag')).toHaveLength(5);
    const mounted = await started(VAULT, ['mount'], true);
    const { code, lines } = checked('vault-mount', mounted.code, mounted.out, mounted.err);
    expect([code, ...lines.map((each) => each.message_type)]).toEqual([0, 'mounted', 'unmounted']);
  }, 240_000);

  it('peers, status, check, repair', async () => {
    expect(await done('peers')).toHaveLength(4);
    expect(await done('status', '--what-if', 'peer-0')).toHaveLength(5);
    await done('check', '--read-data');
    await done('repair', '--limit-upload', '5M');
    const own = await vault('doctor', [], { VAULT_PEER_HOME: mesh.folders[0] ?? '' });
    expect(own).toMatchObject({ code: 0 });
    expect(own.lines.at(-1)).toMatchObject({ message_type: 'summary', problems: 0 });
    expect(own.lines.filter(({ message_type }) => message_type === 'peer')).toHaveLength(3);
  }, 240_000);

  it('forget, prune, undelete', async () => {
    await done('forget', '--keep-last', '1', '--prune', '--dry-run');
    await done('forget', '--keep-last', '1');
    await done('prune');
    await done('undelete', '--list');
    await done('undelete', '--all');
  }, 240_000);

  it('tag, export, import', async () => {
    expect(await done('tag', '--add', 'kept', 'latest')).toHaveLength(2);
    const planned = await done('rewrite', '--exclude', 'new', 'latest', '--dry-run', '-v');
    expect(planned.map(({ message_type: type }) => type)).toEqual(['verbose_status', 'changed', 'summary']);
    expect((await done('rewrite', '--exclude', 'new', 'latest', '--forget')).at(-1)).toMatchObject({
      changed_snapshots: 1,
      forgotten_snapshots: 1,
    });
    const exported = (await done('export', '--to', stick)).at(-1);
    expect(exported).toMatchObject({ copies_min: 1, places: [{ state: 'ok' }] });
    expect(await done('snapshots', '--from', stick)).toHaveLength(2);
    expect((await done('import', '--from', stick)).at(-1)).toMatchObject({ chunks_still_short: 0 });
  }, 240_000);

  it('copy', async () => {
    const env = { VAULT_HOME: path.join(mesh.root, 'copied'), VAULT_FROM_PASSWORD: 'passphrase' };
    const made = await vault('init', ['--ticket', mesh.ticket], env);
    expect(made.code).toBe(0);
    const from = ['--from-home', path.join(mesh.root, 'home')];
    const planned = await vault('copy', [...from, '--dry-run'], env);
    expect(planned.lines.map(({ message_type: type }) => type)).toEqual(['copied', 'copied', 'summary']);
    const copied = await vault('copy', [...from, 'latest'], env);
    expect([copied.code, copied.lines.at(-1)]).toMatchObject([0, { snapshots_copied: 1, copies_min: 3 }]);
    const refused = await vault('copy', [...from, 'latest'], { ...env, VAULT_FROM_PASSWORD: 'wrong' });
    expect(refused.errors.at(-1)).toMatchObject({ code: 12, error_code: 'wrong-passphrase' });
  }, 240_000);

  it('device list, add, retire', async () => {
    await done('device list');
    const env = { VAULT_INVITATION_PASSWORD: 'of the invitation' };
    const added = await vault('device add', ['web', '--role', 'append-only'], env);
    expect(added.code).toBe(0);
    await done('device list');
    await done('device retire', 'web');
  }, 240_000);

  it('key list, add, passwd, remove, recovery-sheet, split, combine', async () => {
    const file = path.join(mesh.root, 'new-passphrase');
    writeFileSync(file, 'another passphrase\n');
    const [added] = await done('key add', '--label', 'script', '--new-password-file', file);
    await done('key list');
    await done('key remove', String(added?.id));
    const third = path.join(mesh.root, 'third');
    writeFileSync(third, 'passphrase of the third\n');
    const other = await vault('key passwd', ['--new-password-file', third]);
    expect(other.code).toBe(0);
    const back = path.join(mesh.root, 'back');
    writeFileSync(back, 'passphrase\n');
    const env = { VAULT_PASSWORD: 'passphrase of the third' };
    expect((await vault('key passwd', ['--new-password-file', back], env)).code).toBe(0);
    await done('key recovery-sheet', '--output', path.join(mesh.root, 'sheet.html'));
    const shares = path.join(mesh.root, 'shares');
    const split = await done('key split', '--shares', '3', '--threshold', '2', '--output', shares);
    const files = split.flatMap(({ file: each }) =>
      typeof each === 'string' ? ['--shares-file', each] : [],
    );
    await done('key combine', ...files);
  }, 240_000);

  it('recover', async () => {
    const line = ['--ticket', mesh.ticket, '--words-file', '-'];
    const { code } = await vault('recover', line, { VAULT_HOME: path.join(mesh.root, 'second') });
    expect(code).toBe(0);
  }, 240_000);

  it('vault-peer init, join, ticket, status, run, import', async () => {
    const listen = ['--listen', '/ip4/127.0.0.1/tcp/0', '--data'];
    expect((await peer('init', ...listen, lone)).code).toBe(0);
    const fourth = path.join(mesh.root, 'fourth');
    expect((await peer('join', mesh.ticket, ...listen, fourth)).code).toBe(0);
    expect((await peer('ticket', '--data', lone)).code).toBe(0);
    const [running] = mesh.folders;
    expect((await peer('status', '--data', running ?? '')).lines[0]).toMatchObject({ running: true });
    expect((await peer('status', '--data', lone)).lines[0]).toMatchObject({
      running: false,
    });
    const ran = await started(VAULT_PEER, ['run', '--data', lone], true);
    expect(checked('vault-peer-run', ran.code, ran.out, ran.err)).toMatchObject({ code: 0 });
    const { code, lines } = await peer('import', '--from', stick, '--data', fourth);
    expect([code, ...lines.map(({ message_type }) => message_type)]).toEqual([0, 'imported', 'summary']);
  }, 240_000);

  it('schedule add, list, log, run, check, pause, resume, remove', async () => {
    const schedule = (command: string, ...line: string[]) =>
      done(`schedule ${command}`, ...line, '--peer', lone);
    const when = '--every 1h --watch --expect-every 3d --limit-upload 50M --not-on-battery'.split(' ');
    const more = '--name s --tag t --exclude *.o --before true --after true --on-alarm true'.split(' ');
    await schedule('add', source, ...when, ...more);
    await schedule('add', source, '--cron', '@daily', '--keep-daily', '7', '--name', 'other');
    await schedule('pause', '2h');
    const paused = (await schedule('list')).at(-1);
    expect(paused).toMatchObject({ paused: true, paused_until: expect.any(String), schedules: 2 });
    expect(await schedule('resume')).toEqual([{ message_type: 'schedules_resumed', was_paused: true }]);
    const [run] = await schedule('run', 's');
    expect(run).toMatchObject({ outcome: 'done', snapshot_id: expect.any(String) });
    expect(await schedule('log', 's')).toEqual([run]);
    const { message_type: _, name: _name, ...last_run } = run ?? {};
    expect(await schedule('list')).toContainEqual(expect.objectContaining({ name: 's', last_run }));
    expect((await schedule('check')).at(-1)).toMatchObject({ overdue: [], peer_runs: false });
    expect(await schedule('remove', 's')).toMatchObject([{ key_id: expect.any(String) }]);
  }, 240_000);

  it.each([
    ['a mistyped option', 'backup', ['--exlude', 'x'], {}, 1, 'usage'],
    ['no vault', 'snapshots', [], { VAULT_HOME: '/nowhere/at/all' }, 10, 'no-vault'],
    ['a wrong passphrase', 'snapshots', [], { VAULT_PASSWORD: 'wrong' }, 12, 'wrong-passphrase'],
    ['an unknown snapshot', 'ls', ['ffffffff'], {}, 1, 'not-found'],
  ] as const)(
    'an error is one line with its exit code: %s',
    async (_what, command, line, env, code, error_code) => {
      const answer = await vault(command, line, env);
      expect(answer.lines).toEqual([]);
      expect(answer.errors.at(-1)).toMatchObject({ code, error_code });
    },
  );

  it('work that ends with another code than 0 says so in a last line too', async () => {
    await mesh.kill(1, 2);
    writeFileSync(path.join(source, 'more'), randomBytes(50_000));
    const short = await vault('backup', [source]);
    expect(short.errors.at(-1)).toMatchObject({ code: 21, error_code: 'fewer-copies' });
    expect(short.lines.at(-1)).toMatchObject({ message_type: 'summary' });
    const ill = await vault('doctor', [], { VAULT_PEER_HOME: mesh.folders[1] ?? '' });
    expect(ill.code).toBe(1);
    const checks = ill.lines.filter(({ level }) => level === 'problem').map(({ check }) => check);
    expect(checks).toEqual(expect.arrayContaining(['own-peer', 'holder-silent', 'too-few-peers', 'copies']));
  }, 240_000);

  it('started as processes they say the same', async () => {
    const listed = await started(VAULT, ['snapshots']);
    expect(checked('vault-snapshots', listed.code, listed.out, listed.err).lines).toHaveLength(4);
    const refused = await started(VAULT, ['snapshots', '--jsno']);
    expect(checked('vault-snapshots', refused.code, refused.out, refused.err)).toMatchObject({ code: 1 });
  }, 240_000);

  it('man', async () => {
    expect(await done('man', 'key', 'add')).toHaveLength(1);
    expect((await peer('man', 'run')).lines).toHaveLength(1);
  });

  it('completion', async () => {
    for (const shell of ['bash', 'zsh', 'fish', 'powershell']) {
      expect(await done('completion', shell)).toHaveLength(1);
      expect((await peer('completion', shell)).lines).toHaveLength(1);
    }
  });

  it('help and version', async () => {
    for (const line of [['help'], ['help', 'backup'], ['--version']]) {
      checkLines('help', (await mesh.vault([...line, '--json'])).out);
    }
  });

  it('and nothing was left out', () => {
    const names = PROGRAMS.flatMap(({ name, commands }) =>
      commands.map((each) => schemaName(name, each.name)),
    );
    const excused = [...NOT_YET, ...CHECKED_ELSEWHERE];
    expect(names.filter((name) => linesSeen(name) === 0 && !excused.includes(name))).toEqual([]);
  });
});
