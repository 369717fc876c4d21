/** The other end of a JobThread: does what it is asked, one after the other, and ends its thread when it is told to. */
import { parentPort, workerData } from 'node:worker_threads';
import { LAST_MESSAGE, type ThreadStart } from './job-thread.ts';

/** What goes back, and the memory that goes with it instead of being copied. */
export type JobAnswer = readonly [answer: object, ...transfer: ArrayBuffer[]];

/** `prepare` gets what the thread was started with and returns what does a job. What it throws is a bug: it ends the thread. */
export function serveJobs<Start, Ask>(prepare: (start: Start) => (ask: Ask) => JobAnswer): void {
  const port = parentPort;
  if (!port) throw new Error('this is the program of a thread');
  const { start, ending } = workerData as ThreadStart<Start>;
  const work = prepare(start);
  port.on('message', (ask: Ask | typeof LAST_MESSAGE) => {
    if (ask === LAST_MESSAGE) return port.close();
    if (Atomics.load(ending, 0) === 1) return;
    const [answer, ...transfer] = work(ask);
    port.postMessage(answer, transfer);
  });
}
