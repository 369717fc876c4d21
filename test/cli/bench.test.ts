import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../cli/terminal/program.ts';
import { vaultProgram } from '../../cli/vault-program.ts';
import { fakeTerminal, NO_SIGNAL } from './fake-terminal.ts';
import { checkLines } from './json-schemas.ts';
import { TestMesh } from './mesh-fixture.ts';

/** Figures of so short a run say nothing; that they are there is what is tested. */
const SHORT = ['--measure-ms', '50'];

describe('vault bench', () => {
  const mesh = new TestMesh();
  const source = path.join(mesh.root, 'source');
  const of = (lines: readonly Record<string, unknown>[], type: string) =>
    lines.filter(({ message_type }) => message_type === type);
  const bench = async (...words: string[]) => {
    const { code, out, err } = await mesh.vault(['bench', ...SHORT, '--json', ...words]);
    return { code, err, lines: checkLines('vault-bench', out) };
  };
  /** Of all peers: every file of every chunk, by name, on whichever shelf. */
  const kept = (): string[] =>
    mesh.folders
      .flatMap((folder) =>
        readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => path.join(folder, name)),
      )
      .filter((name) => /bafk/.test(name))
      .toSorted();

  beforeAll(async () => {
    mkdirSync(source);
    writeFileSync(path.join(source, 'film'), randomBytes(12_000_000));
    await mesh.add(3);
    await mesh.vault(['init', '--ticket', mesh.ticket]);
  }, 240_000);
  afterAll(() => mesh.end());

  it('before the first backup says that sending cannot be measured, and of whom', async () => {
    const { code, lines } = await bench();
    expect(code).toBe(0);
    expect(of(lines, 'peer')).toHaveLength(3);
    for (const peer of of(lines, 'peer')) {
      expect(peer).toMatchObject({ latency_ms: expect.any(Number), bytes_sent: 0, bytes_received: 0 });
      expect(peer.trouble).toContain('keeps nothing of this vault');
      expect(peer).not.toHaveProperty('send_bytes_per_second');
    }
    expect(lines.at(-1)).toMatchObject({ message_type: 'summary', line_measured: false });
  }, 240_000);

  it('measures both ways to every holder, and leaves every peer as it was', async () => {
    expect((await mesh.vault(['backup', source])).code).toBe(0);
    const before = kept();
    const { code, lines } = await bench();
    expect(code).toBe(0);
    expect(kept()).toEqual(before);
    for (const peer of of(lines, 'peer')) {
      expect(peer).toMatchObject({ holder: true, send_bytes_per_second: expect.any(Number) });
      expect(Number(peer.receive_bytes_per_second)).toBeGreaterThan(0);
      expect(Number(peer.bytes_sent)).toBeGreaterThan(0);
      expect(peer).not.toHaveProperty('trouble');
    }
    const [machine] = of(lines, 'machine');
    expect(machine).toMatchObject({
      disk: { folder: path.join(mesh.root, 'home'), write_bytes_per_second: expect.any(Number) },
      sealing: [{ content: 'incompressible' }, { content: 'text' }],
    });
    expect(lines.at(-1)).toMatchObject({ line_measured: true, bytes: 100 * 2 ** 30 });
    expect(of(lines, 'status').length).toBeGreaterThanOrEqual(8);
  }, 240_000);

  it('tells people the same, with the peers in a table and a time at the end', async () => {
    const { code, out } = await mesh.vault(['bench', ...SHORT]);
    expect(code).toBe(0);
    expect(out).toMatch(/^seal {6}\S+ .iB\/s with one thread, /m);
    expect(out).toMatch(/^ {2}peer-1 +\S+ ms +\S+ .iB\/s +\S+ .iB\/s$/m);
    expect(out).toMatch(/^A first backup of 100 GiB would take about /m);
    expect(out).toMatch(/^Assumed: /m);
    expect(out).not.toContain('passphrase');
  }, 240_000);

  it('interrupted ends with 130 and leaves no file in the folder it writes to', async () => {
    const home = path.join(mesh.root, 'home');
    const before = readdirSync(home).filter((name) => name.startsWith('.'));
    const env = { ...process.env, VAULT_HOME: home, VAULT_PASSWORD: 'passphrase' };
    const child = spawn(process.execPath, ['cli/vault.mjs', 'bench', '--json'], { env });
    const closed = once(child, 'close');
    child.stdout.on('data', (data) => {
      if (String(data).includes('"stage":"disk"')) child.kill('SIGINT');
    });
    expect((await closed)[0]).toBe(130);
    expect(readdirSync(home).filter((name) => name.startsWith('.'))).toEqual(before);
  }, 240_000);

  it('without a peer that answers prints the figures of the machine and ends with 23', async () => {
    await mesh.kill(...mesh.running.keys());
    const { code, lines, err } = await bench();
    expect(code).toBe(23);
    expect(of(lines, 'machine')).toHaveLength(1);
    expect(lines.at(-1)).toMatchObject({ message_type: 'summary', line_measured: false });
    expect(checkLines('error', err).at(-1)).toMatchObject({ message_type: 'exit_error', code: 23 });
  }, 240_000);

  it('without a vault measures the machine, asks for nothing and makes no folder', async () => {
    const home = path.join(mesh.root, 'nowhere');
    for (const words of [[], ['--machine']]) {
      const terminal = fakeTerminal({ env: { VAULT_HOME: home } });
      expect(await runProgram(vaultProgram, ['bench', ...SHORT, ...words], terminal, NO_SIGNAL)).toBe(0);
      expect(terminal.out()).toContain('Reading and sealing 100 GiB here would take');
      expect(terminal.out().includes('holds no vault')).toBe(words.length === 0);
      expect(readdirSync(mesh.root)).not.toContain('nowhere');
    }
    rmSync(home, { recursive: true, force: true });
  }, 240_000);
});
