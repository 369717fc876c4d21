/** The program of one thread of a crew: answers what it is asked, in order. */
import { createSecretKey } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { KeyedHash } from '../crypto/keyed-hash.ts';
import { isVaultError } from '../model/errors.ts';
import { CrewHand } from './crew-hand.ts';
import {
  type HandAnswer,
  type HandAsk,
  type HandStart,
  packError,
  packGathered,
  unpackAsks,
} from './crew-messages.ts';
import { nodeFileSource } from './node-file-source.ts';

const port = parentPort;
if (!port) throw new Error('this is the program of a thread');

const { scope, contentIdKey, chunkSeedKey, chunkKey, options } = workerData as HandStart;
const hand = new CrewHand(
  nodeFileSource(),
  {
    ...(scope === undefined ? {} : { scope }),
    contentId: new KeyedHash(contentIdKey),
    chunkSeed: new KeyedHash(chunkSeedKey),
    chunkKey: createSecretKey(chunkKey),
  },
  options,
);

function answer(message: HandAnswer, ...transfer: ArrayBuffer[]): void {
  port?.postMessage(message, transfer);
}

function sealed(job: number, chunk: ReturnType<CrewHand['sealOpen']>): void {
  answer({ job, sealed: chunk }, chunk.bytes.buffer as ArrayBuffer);
}

function handle(ask: HandAsk): void {
  if (ask.verb === 'keep') {
    hand.keep(ask.batch, ask.indices, ask.more);
    return;
  }
  const { job } = ask;
  if (ask.verb === 'gather') {
    const gathered = packGathered(hand.gather(unpackAsks(ask.asks)));
    answer({ job, gathered }, gathered.stats.buffer, gathered.ids.buffer);
  } else if (ask.verb === 'identify') answer({ job, id: hand.identify(ask.kind, ask.piece) });
  else if (ask.verb === 'sealOpen') sealed(job, hand.sealOpen());
  else if (ask.verb === 'sealPiece') sealed(job, hand.sealPiece(ask.kind, ask.piece));
  else sealed(job, hand.seal(ask.kind, ask.plain));
}

/** Bugs end the thread, and the crew says so. */
port.on('message', (ask: HandAsk) => {
  try {
    handle(ask);
  } catch (error) {
    if (!isVaultError(error) || ask.verb === 'keep') throw error;
    answer({ job: ask.job, failure: packError(error) });
  }
});
