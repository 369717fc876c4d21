/** The program of one thread that unpacks: does its jobs in the order they come. */
import { serveJobs } from '../runtime/serve-jobs.ts';
import { UnpackHand } from './unpack-hand.ts';
import { type UnpackAnswer, type UnpackAsk, type UnpackStart, unpackKeys } from './unpack-messages.ts';

serveJobs(({ keys, options }: UnpackStart) => {
  const hand = new UnpackHand(unpackKeys(keys), options);
  return (ask: UnpackAsk) => [answerTo(hand, ask)];
});

function answerTo(hand: UnpackHand, ask: UnpackAsk): UnpackAnswer {
  const { job } = ask;
  if ('bundle' in ask) return { job, bundle: hand.bundle(ask.bundle) };
  if ('piece' in ask) return { job, piece: hand.piece(ask.piece) };
  return { job, differ: hand.compare(ask.compare) };
}
