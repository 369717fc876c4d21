/** A thread that is ended while it calls a native module does not take the process along. */
import { expect, it } from 'vitest';
import { JobThread } from '../../src/runtime/job-thread.ts';
import type { DeclaringAsk } from './declaring-worker.ts';

const ROUNDS = 16;

it('ends when the native module has returned', { timeout: 60_000 }, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const begun = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const thread = new JobThread<DeclaringAsk, { readonly job: number }>({
      program: './declaring-worker',
      base: import.meta.url,
      start: begun,
      work: 'test',
    });
    const asked = expect(thread.ask({ times: 1000 })).rejects.toMatchObject({ code: 'closed' });
    await Atomics.waitAsync(begun, 0, 0).value;
    await thread.end();
    await asked;
  }
});
