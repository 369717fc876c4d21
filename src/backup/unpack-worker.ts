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
  port.postMessage(answerTo(ask));
});

function answerTo(ask: UnpackAsk): UnpackAnswer {
  const { job } = ask;
  if ('bundle' in ask) return { job, bundle: hand.bundle(ask.bundle) };
  if ('piece' in ask) return { job, piece: hand.piece(ask.piece) };
  return { job, differ: hand.compare(ask.compare) };
}
