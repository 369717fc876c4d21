import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runProgram } from '../../cli/terminal/program.ts';
import { vaultProgram } from '../../cli/vault-program.ts';
import { initPeer } from '../../src/index.ts';
import { fakeTerminal, NO_SIGNAL } from './fake-terminal.ts';

const root = mkdtempSync(path.join(tmpdir(), 'schedules-'));
const peer = path.join(root, 'peer');

async function schedule(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { VAULT_PEER_HOME: peer, VAULT_HOME: path.join(root, 'home'), VAULT_PASSWORD: 'x' };
  const terminal = fakeTerminal({ env });
  const code = await runProgram(vaultProgram, ['schedule', ...words], terminal, NO_SIGNAL);
  return { code, out: terminal.out(), err: terminal.err() };
}

beforeAll(() => initPeer({ folder: peer, listen: ['/ip4/127.0.0.1/tcp/0'], capacityBytes: 2 ** 26 }));
afterAll(() => rmSync(root, { recursive: true }));

it('schedules need a peer on this machine, and a vault', async () => {
  expect(await schedule('list', '--peer', path.join(root, 'none'))).toMatchObject({ code: 10 });
  const { code, err } = await schedule('add', root, '--every', '1h');
  expect([code, err]).toEqual([10, expect.stringContaining('holds no vault')]);
});

it('without schedules there is nothing to run, to show or to miss', async () => {
  expect(await schedule('list')).toMatchObject({ code: 0, out: expect.stringContaining('No schedules') });
  expect(await schedule('check')).toMatchObject({ code: 0 });
  expect(await schedule('log')).toMatchObject({ code: 1, err: expect.stringContaining('no schedules') });
  for (const name of ['none', '../peer', '..'])
    expect(await schedule('run', name)).toMatchObject({ code: 1 });
});

it('a schedule that cannot be read is named, and can be removed', async () => {
  const folder = path.join(peer, 'schedules', 'broken');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'schedule.json'), '{"version":1}');
  expect(await schedule('list')).toMatchObject({
    code: 0,
    err: expect.stringContaining('the schedule broken'),
  });
  expect(await schedule('remove', 'broken')).toMatchObject({ code: 0 });
  expect(existsSync(folder)).toBe(false);
});

it('a pause lasts until its end, or until somebody resumes', async () => {
  expect(await schedule('pause', '2h')).toMatchObject({
    code: 0,
    out: expect.stringContaining('Paused until'),
  });
  expect((await schedule('list')).out).toContain('Paused until');
  expect(await schedule('resume')).toMatchObject({ code: 0, out: 'Schedules run again.\n' });
  expect(await schedule('resume')).toMatchObject({ code: 0, out: 'No schedule was paused.\n' });
  expect((await schedule('pause')).out).toContain('until "vault schedule resume"');
  expect(await schedule('pause', 'soon')).toMatchObject({ code: 1 });
});
