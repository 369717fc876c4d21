/** What a holder answers to the other members of a vault; any member of the mesh may ask, nothing is believed for it (R2-R4). */
import { decodeMemberList, encodeMemberList } from '../format/member-list.ts';
import { VaultError } from '../model/errors.ts';
import { groupOf, type VaultId } from '../model/ids.ts';
import { packProofs, unpackDigests } from './digest-list.ts';
import * as methods from './duty-methods.ts';
import { type Handler, handler } from './handler.ts';
import type { HolderDuties, ProveAsk, SilentMember } from './holder-duties.ts';
import type { ProofDesk } from './proof-desk.ts';

export interface DutyFacts {
  /** Without them every method here is denied. */
  readonly duties: HolderDuties | undefined;
  readonly desk: ProofDesk;
  /** This peer keeps the vault from now on. */
  readonly stored: (vault: VaultId) => void;
}

export function dutyHandlers(facts: DutyFacts): readonly Handler[] {
  return [
    handler(methods.members, async ({ vault }) => ({
      meta: {},
      payload: encodeMemberList(dutiesOf(facts).members(vault)),
    })),
    handler(methods.invite, async ({ vault }, payload, { remote }) => {
      const duties = dutiesOf(facts);
      const accepted = await duties.invited(vault, decodeMemberList(payload), remote);
      if (accepted) facts.stored(vault);
      return { meta: { accepted } };
    }),
    handler(methods.compare, async ({ vault, ...ask }, _, { remote }) => {
      const { table, accuses, silent, ...rest } = dutiesOf(facts).compare(vault, ask, remote);
      const lists = { accuses: [...accuses], silent: silent.map(plainOf) };
      const meta = { ...rest, missingMs: Math.round(rest.missingMs), ...lists };
      return { meta, ...(table ? { payload: table } : {}) };
    }),
    handler(methods.prove, async ({ vault, ...asked }, payload, { remote, signal }) => {
      const duties = dutiesOf(facts);
      const ask = checkedAsk({ ...asked, digests: unpackDigests(payload) });
      const answer = await facts.desk.run(remote, signal, () => duties.prove(vault, ask, remote, signal));
      return { meta: { pledged: answer.pledged }, payload: packProofs(answer.proofs) };
    }),
  ];
}

function dutiesOf({ duties }: DutyFacts): HolderDuties {
  if (duties) return duties;
  throw new VaultError('denied', 'this peer looks after no vault');
}

function checkedAsk(ask: ProveAsk): ProveAsk {
  if (!ask.pledge || ask.digests.every((digest) => groupOf(digest) === ask.group)) return ask;
  throw new VaultError('bad-frame', 'a pledge is asked for chunks of another group');
}

/** Of the fields of the wire and no others. */
function plainOf({ peer, silentMs, lost }: SilentMember): methods.Silent {
  return { peer, silentMs: Math.round(silentMs), lost };
}
