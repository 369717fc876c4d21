/** A crew of one hand that works in place: what was asked is done when the call returns, the same in every run (S2). */
import { VaultError } from '../model/errors.ts';
import type { MakeCrew } from './crew.ts';
import { CrewHand } from './crew-hand.ts';

export const inlineCrew: MakeCrew = (source, keys, options) => {
  const hand = new CrewHand(source, keys, options);
  let closed = false;
  const doing = async <T>(work: () => T): Promise<T> => {
    if (closed) throw new VaultError('closed', 'the backup has ended');
    return work();
  };
  return {
    hands: 1,
    begun: true,
    gather: (_, asks) => doing(() => hand.gather(asks)),
    look: (paths) => doing(() => hand.look(paths)),
    keep: (_, batch, indices, more) => hand.keep(batch, indices, more),
    sealOpen: () => doing(() => hand.sealOpen()),
    identify: (kind, piece) => doing(() => hand.identify(kind, piece)),
    sealPiece: (kind, piece) => doing(() => hand.sealPiece(kind, piece)),
    seal: (kind, plain) => doing(() => hand.seal(kind, plain)),
    close: async () => {
      closed = true;
    },
  };
};
