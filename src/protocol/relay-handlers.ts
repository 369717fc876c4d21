/** What a holder answers to a chunk that is also meant for others: it keeps it, passes it on, and brings back their receipts (T2). */
import { passedReceiptMessage, verifyPermit } from '../crypto/device-proof.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import { freeBytes } from '../network/free-bytes.ts';
import type { Clock } from '../runtime/clock.ts';
import { type Answer, type Authorised, type Handler, handler, type Session } from './handler.ts';
import { authorisedBy, type HolderFacts, keepChunk } from './holder-handlers.ts';
import type { RelayDesk } from './relay-desk.ts';
import { type Carry, carry, type Kept, type Spread, type Spreading, spread } from './relay-methods.ts';

export interface RelayFacts {
  readonly holder: HolderFacts;
  readonly desk: RelayDesk;
  readonly clock: Clock;
}

/** Certificates that were found valid and are remembered: one comes with every chunk. */
const MAX_REMEMBERED = 64;

export function relayHandlers(facts: RelayFacts): readonly Handler[] {
  const certificates = new Certificates();
  return [
    handler(spread, async (request, bytes, session) => {
      const { authorised } = session;
      if (!authorised) throw new VaultError('internal', 'bug: a spread without a hello');
      if (request.route[0] !== facts.holder.self)
        throw new VaultError('denied', 'the route begins elsewhere');
      return keepAndPass(facts, authorised, request, bytes, session);
    }),
    handler(carry, async (request, bytes, session) => {
      const authorised = certificates.check(request);
      const { route } = request;
      if (
        route.indexOf(session.remote) >= route.indexOf(facts.holder.self) ||
        !route.includes(session.remote)
      ) {
        throw new VaultError('denied', 'the route does not lead from that peer to this one');
      }
      return keepAndPass(facts, authorised, request, bytes, session);
    }),
  ];
}

/** Keeps it here and passes it on at the same time: who is behind checks the bytes himself. */
async function keepAndPass(
  facts: RelayFacts,
  by: Authorised,
  request: Spread,
  bytes: Uint8Array,
  { remote, signal }: Session,
): Promise<Answer<Spreading>> {
  const { vault, digest, route, nonce, permit } = request;
  const { holder, desk, clock } = facts;
  if (!verifyPermit(by.device, { vault, digest, sizeBytes: bytes.length, nonce, route }, permit)) {
    throw new VaultError('denied', 'the device did not sign this way for this chunk');
  }
  const startedMs = clock.monotonicMs();
  const to = behind(holder, request);
  const passing = desk.pass({
    request: { vault, digest, route, nonce, permit, certificate: by.certificate },
    bytes,
    to,
    from: remote,
    signal,
  });
  const own = await keepHere(holder, by, request, bytes, signal);
  const passed = await passing;
  const kept = [own, ...passed];
  if (kept.every((one) => 'receipt' in one)) freeBytes(bytes); // else some write or sending may still be under way
  return { meta: { kept, waitMs: Math.round(clock.monotonicMs() - startedMs) } };
}

/** Those behind this peer that the owner's signed table names: a relay sends nothing to anybody else. */
function behind({ holdings, self }: HolderFacts, { vault, route }: Spread): readonly PeerName[] {
  const members = holdings.vault(vault)?.table.newest()?.table.members ?? [];
  const names = new Set(members.map(({ peer }) => peer));
  return route.slice(route.indexOf(self) + 1).filter((peer) => names.has(peer));
}

/** A fault here does not keep the others from having theirs. */
async function keepHere(
  holder: HolderFacts,
  by: Authorised,
  { vault, digest, nonce }: Spread,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<Kept> {
  try {
    const sizeBytes = bytes.length;
    await keepChunk(holder, by, { digest, bytes }, signal);
    const receipt = holder.sign(passedReceiptMessage({ vault, digest, sizeBytes, nonce }));
    return { peer: holder.self, receipt };
  } catch (error) {
    if (!isVaultError(error)) throw error;
    return { peer: holder.self, code: error.code };
  }
}

class Certificates {
  readonly #known = new Map<string, Authorised>();

  /** Throws 'denied'. */
  check({ certificate, vault }: Carry): Authorised {
    const name = Buffer.concat([vault, certificate]).toString('latin1');
    const known = this.#known.get(name);
    if (known) return known;
    const authorised = authorisedBy(certificate, vault);
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
    this.#known.set(name, authorised);
    return authorised;
  }
}
