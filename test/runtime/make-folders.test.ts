import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolders } from '../../src/runtime/make-folders.ts';

const root = mkdtempSync(path.join(tmpdir(), 'vault-folders-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('making folders', () => {
  it('makes what is missing, says where it began, and is content with what is there', () => {
    const deep = path.join(root, 'a', 'b', 'c');
    expect(makeFolders(deep, 0o700)).toBe(path.join(root, 'a'));
    expect(statSync(deep).mode & 0o777).toBe(0o700);
    expect(makeFolders(deep)).toBeUndefined();
  });

  it('fails where a file is in the way, at the end or on the way', () => {
    const file = path.join(root, 'file');
    writeFileSync(file, '');
    expect(() => makeFolders(file)).toThrow('EEXIST');
    expect(() => makeFolders(path.join(file, 'below'))).toThrow('EEXIST');
  });

  it.runIf(process.platform === 'linux')(
    'fails, and does not hang, where the system lets nobody make any',
    () => {
      expect(() => makeFolders('/proc/vault-nobody/below')).toThrow('ENOENT');
    },
  );
});
