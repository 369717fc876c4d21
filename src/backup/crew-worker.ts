/** The program of one thread of a crew: answers what it is asked, in order. */
import { createSecretKey } from 'node:crypto';
import type { SealedBytes } from '../crypto/chunk-cipher.ts';
import { KeyedHash } from '../crypto/keyed-hash.ts';
import { isVaultError } from '../model/errors.ts';
import { type JobAnswer, serveJobs } from '../runtime/serve-jobs.ts';
import { CrewHand } from './crew-hand.ts';
import { type HandAnswer, type HandAsk, type HandStart, packGathered, unpackAsks } from './crew-messages.ts';
import { packLooks } from './look-messages.ts';
import { nodeFileSource } from './node-file-source.ts';
import { packError } from './pack-error.ts';

function handOf({ scope, contentIdKey, chunkSeedKey, chunkKey, options }: HandStart): CrewHand {
  const keys = {
    ...(scope === undefined ? {} : { scope }),
    contentId: new KeyedHash(contentIdKey),
    chunkSeed: new KeyedHash(chunkSeedKey),
    chunkKey: createSecretKey(chunkKey),
  };
  return new CrewHand(nodeFileSource(), keys, options);
}

function answer(message: HandAnswer, ...transfer: ArrayBuffer[]): JobAnswer {
  return [message, ...transfer];
}

function sealed(job: number, chunk: SealedBytes): JobAnswer {
  return answer({ job, sealed: chunk }, chunk.bytes.buffer as ArrayBuffer);
}

function handle(hand: CrewHand, ask: HandAsk): JobAnswer {
  const { job } = ask;
  if ('keeps' in ask) for (const { batch, indices, more } of ask.keeps) hand.keep(batch, indices, more);
  if (ask.verb === 'gather') {
    const gathered = packGathered(hand.gather(unpackAsks(ask.asks)));
    return answer({ job, gathered }, gathered.stats.buffer, gathered.ids.buffer);
  }
  if (ask.verb === 'look') {
    const looks = packLooks(hand.look(ask.paths));
    return answer({ job, looks }, looks.fields.buffer, looks.fingerprints.buffer, looks.counts.buffer);
  }
  if (ask.verb === 'identify') return answer({ job, id: hand.identify(ask.kind, ask.piece) });
  if (ask.verb === 'sealOpen') return sealed(job, hand.sealOpen());
  if (ask.verb === 'sealPiece') return sealed(job, hand.sealPiece(ask.kind, ask.piece));
  return sealed(job, hand.seal(ask.kind, ask.plain));
}

serveJobs((start: HandStart) => {
  const hand = handOf(start);
  return (ask: HandAsk) => {
    try {
      return handle(hand, ask);
    } catch (error) {
      if (!isVaultError(error)) throw error;
      return answer({ job: ask.job, failure: packError(error) });
    }
  };
});
