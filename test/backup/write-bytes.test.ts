/** Writing with holes gives the same bytes as writing without (C6). */
import * as fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { writeSparse } from '../../src/backup/write-bytes.ts';
import { temporaryFolder } from './temporary-folder.ts';

it('reads back what was written, wherever parts and runs of zeros begin and end (C6)', () => {
  const file = path.join(temporaryFolder(), 'file');
  const run = fc.record({ byte: fc.constantFrom(0, 0, 1), length: fc.integer({ min: 1, max: 12_000 }) });
  fc.assert(
    fc.property(fc.array(run, { maxLength: 8 }), fc.integer({ min: 1, max: 20_000 }), (runs, part) => {
      const bytes = Buffer.concat(runs.map(({ byte, length }) => Buffer.alloc(length, byte)));
      const fd = fs.openSync(file, 'w');
      for (let at = 0; at < bytes.length; at += part) writeSparse(fd, bytes.subarray(at, at + part), at);
      fs.ftruncateSync(fd, bytes.length);
      fs.closeSync(fd);
      expect(fs.readFileSync(file).equals(bytes)).toBe(true);
    }),
    { numRuns: 60 },
  );
});
