/** What a restore does where something is: one table. */
import { describe, expect, it } from 'vitest';
import type { Overwrite } from '../../src/backup/file-target.ts';
import { verdictOn } from '../../src/backup/overwrite-policy.ts';
import type { Existing } from '../../src/backup/target-folder.ts';

type Row = readonly [Overwrite, Parameters<typeof verdictOn>[1], Existing['type'] | undefined, string];

const TABLE: readonly Row[] = [
  ['fail', 'file', undefined, 'make'],
  ['never', 'directory', undefined, 'make'],
  ['fail', 'file', 'file', 'blocked'],
  ['fail', 'directory', 'directory', 'blocked'],
  ['never', 'file', 'symlink', 'keep'],
  ['never', 'symlink', 'directory', 'keep'],
  ['never', 'directory', 'directory', 'open'],
  ['never', 'directory', 'symlink', 'blocked'],
  ['always', 'file', 'file', 'replace'],
  ['always', 'symlink', 'special', 'replace'],
  ['always', 'file', 'directory', 'blocked'],
  ['always', 'directory', 'directory', 'open'],
  ['always', 'directory', 'file', 'replace'],
];

describe('overwriting', () => {
  it.each(TABLE)('%s: a %s where there is %s: %s', (overwrite, wanted, type, verdict) => {
    const found = verdictOn(overwrite, wanted, type && { type });
    expect(typeof found === 'object' ? 'blocked' : found).toBe(verdict);
  });
});
