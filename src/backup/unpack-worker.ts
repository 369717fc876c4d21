/** The program of one thread that unpacks: does its jobs in the order they come. */
import { parentPort, workerData } from 'node:worker_threads';
import { UnpackHand } from './unpack-hand.ts';
import { type UnpackAnswer, type UnpackAsk, type UnpackStart, unpackKeys } from './unpack-messages.ts';

const port = parentPort;
if (!port) throw new Error('this is the program of a thread');

const { keys, options } = workerData as UnpackStart;
const hand = new UnpackHand(unpackKeys(keys), options);

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
