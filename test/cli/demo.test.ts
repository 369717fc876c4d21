import { execFile, spawn } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareHonestly } from '../../cli/demo/compare-honestly.ts';
import { NO_SIGNAL } from './fake-terminal.ts';
import { checkLines } from './json-schemas.ts';

const VAULT = path.resolve('cli/vault.mjs');
const root = mkdtempSync(path.join(os.tmpdir(), 'vault-demo-test-'));
const source = path.join(root, 'source');
/** Where the demo makes its folder: nothing may be left there. */
const temporary = path.join(root, 'tmp');
const env = { ...process.env, TMPDIR: temporary };

beforeAll(() => {
  mkdirSync(temporary);
  mkdirSync(path.join(source, 'a'), { recursive: true });
  writeFileSync(path.join(source, 'a', 'file'), 'content');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Command lines of this machine that mention the demo's folder. */
async function leftProcesses(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'args']);
  return stdout.split('\n').filter((line) => line.includes(temporary));
}

async function expectNothingLeft(): Promise<void> {
  for (let i = 0; i < 50 && (await leftProcesses()).length > 0; i++) await sleep(100);
  expect(await leftProcesses()).toEqual([]);
}

describe('vault demo', () => {
  it('ends with everything back, exit code 0, and leaves nothing behind', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [VAULT, 'demo', source, '--json'], {
      env,
    });
    const lines = checkLines('vault-demo', stdout);
    expect(lines.at(-1)).toMatchObject({
      message_type: 'summary',
      passed: true,
      copies_min: 3,
      differences: 0,
    });
    await expectNothingLeft();
    expect(readdirSync(temporary)).toEqual([]);
  }, 60_000);

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 130],
    ['SIGKILL', null],
  ] as const)(
    'leaves no process behind after %s in the middle',
    async (signal, code) => {
      const child = spawn(process.execPath, [VAULT, 'demo', source], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let out = '';
      const started = new Promise<void>((resolve) => {
        child.stdout.on('data', (text: Buffer) => {
          out += text.toString();
          if (out.includes('2. a new vault')) resolve();
        });
        child.on('exit', () => resolve());
      });
      await started;
      expect((await leftProcesses()).length).toBeGreaterThan(0);
      const exited = new Promise((resolve) => child.on('exit', resolve));
      child.kill(signal);
      expect(await exited).toBe(code);
      await expectNothingLeft();
      if (signal !== 'SIGKILL') expect(readdirSync(temporary)).toEqual([]);
    },
    60_000,
  );
});

describe('the comparison of the demo', () => {
  it('tells what changed in the source meanwhile from what was restored wrongly', async () => {
    const expected = path.join(root, 'expected');
    const restored = path.join(root, 'restored');
    for (const folder of [expected, restored]) {
      mkdirSync(path.join(folder, 'quiet'), { recursive: true });
      writeFileSync(path.join(folder, 'quiet', 'wrong'), folder === expected ? 'right' : 'wrong');
      writeFileSync(path.join(folder, 'busy'), 'same');
    }
    await sleep(100);
    const sinceMs = Date.now();
    await sleep(20);
    writeFileSync(path.join(expected, 'busy'), 'changed meanwhile');
    const result = await compareHonestly({
      source: expected,
      restored,
      sinceMs,
      unreadable: new Set(),
      signal: NO_SIGNAL,
    });
    expect(new Set(result.changedMeanwhile)).toEqual(new Set(['busy']));
    expect(new Set(result.real.map(({ path: where }) => where))).toContain('quiet/wrong');
    expect(result.othersOwn).toEqual([]);
    expect(result.real.every(({ path: where }) => where !== 'busy')).toBe(true);
  });

  it.runIf(process.getuid?.() === 0)('expects owners back only where root restored', async () => {
    const expected = path.join(root, 'owned');
    const restored = path.join(root, 'owned-restored');
    for (const folder of [expected, restored]) mkdirSync(folder);
    chownSync(expected, 12345, 12345);
    const options = { source: expected, restored, unreadable: new Set<string>(), signal: NO_SIGNAL };
    const kinds = async (owners: boolean) => {
      const { othersOwn, changedMeanwhile } = await compareHonestly({ ...options, sinceMs: 1e15, owners });
      return [othersOwn.length, changedMeanwhile.length];
    };
    expect(await kinds(false)).toEqual([1, 0]);
    expect(await kinds(true)).toEqual([0, 0]);
  });
});
