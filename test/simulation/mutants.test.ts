import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from '../../scripts/simulate/mutants.ts';
import { edited } from '../../scripts/simulate/run-mutants.ts';

const SRC = path.resolve(import.meta.dirname, '../../src');

describe('the planted bugs', () => {
  it('are at least twelve, each with a name of its own and the promise it breaks', () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(12);
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
    for (const { why } of MUTANTS) expect(why).toMatch(/^[A-Z]\d/);
  });

  for (const mutant of MUTANTS) {
    it(`can be planted in the sources as they are: ${mutant.name}`, () => {
      for (const edit of mutant.edits) {
        const before = fs.readFileSync(path.join(SRC, edit.file), 'utf8');
        const after = edited(before, mutant, edit);
        expect(after).not.toBe(before);
        expect(() => edited(after.replaceAll(edit.find, ''), mutant, edit)).toThrow(mutant.name);
      }
    });
  }
});
