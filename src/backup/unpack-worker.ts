/** The program of one thread that unpacks: does its jobs in the order they come. */
import { createSecretKey } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { UnpackHand } from './unpack-hand.ts';
import type { UnpackAnswer, UnpackAsk, UnpackStart } from './unpack-messages.ts';

const port = parentPort;
if (!port) throw new Error('this is the program of a thread');

const { chunkKey, options } = workerData as UnpackStart;
const hand = new UnpackHand({ chunkKey: createSecretKey(chunkKey) }, options);

/** Bugs end the thread, and who started it says so. */
port.on('message', (ask: UnpackAsk) => {
  const answer: UnpackAnswer =
    'bundle' in ask
      ? { job: ask.job, bundle: hand.bundle(ask.bundle) }
      : { job: ask.job, fault: hand.piece(ask.piece) };
  port.postMessage(answer);
});
