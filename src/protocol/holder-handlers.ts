/** What a holder answers to each method: reading is for every member of the mesh, writing for devices of the vault (L1, L5). */
import { receiptMessage, verifyHello } from '../crypto/device-proof.ts';
import { verify } from '../crypto/ed25519.ts';
import { decodeCertificate, roleOf } from '../format/certificate.ts';
import { bytesEqual } from '../model/bytes.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { type Digest, keyOf, type PeerName, type VaultId } from '../model/ids.ts';
import { KiB } from '../model/units.ts';
import { mayPut } from '../policy/device-rights.ts';
import type { Holdings, VaultHolding } from '../store/holdings.ts';
import { unpackDigests } from './digest-list.ts';
import { packEntries, packedBytes } from './entry-list.ts';
import { type Answer, type Authorised, type Handler, handler, type Session } from './handler.ts';
import * as methods from './methods.ts';

export interface HolderFacts {
  readonly holdings: Holdings;
  readonly self: PeerName;
  /** Signs with the peer's key. */
  readonly sign: (message: Uint8Array) => Uint8Array;
  /** The encoded, signed advert of the moment (M4). */
  readonly advert: () => Uint8Array;
  /** Something of this vault was stored. */
  readonly stored: (vault: VaultId) => void;
}

/** Room for the lengths in front of log entries. */
const LIST_OVERHEAD_BYTES = 64 * KiB;
const NO_BYTES = new Uint8Array(0);

/** All methods; which protocol serves which is said by the methods themselves. */
export function holderHandlers(facts: HolderFacts): readonly Handler[] {
  return [
    handler(methods.hello, async (request, _, session) => sayHello(facts, request, session)),
    handler(methods.info, async () => ({ meta: {}, payload: facts.advert() })),
    handler(methods.ping, async () => ({ meta: {} })),
    handler(methods.put, (request, payload, session) => put(facts, request, payload, session)),
    handler(methods.get, (request, _, session) => get(facts, request, session)),
    handler(methods.has, (request, payload, session) => has(facts, request, payload, session)),
    handler(methods.logHeads, async ({ vault }) => ({ meta: { heads: headsOf(facts, vault) } })),
    handler(methods.logRead, (request) => logRead(facts, request)),
    handler(methods.logAppend, (request, payload, session) => logAppend(facts, request, payload, session)),
    handler(methods.tableRead, async ({ vault }) =>
      found(facts.holdings.vault(vault)?.table.newest()?.bytes),
    ),
    handler(methods.tableWrite, (request, payload, session) => tableWrite(facts, request, payload, session)),
    handler(methods.vaultUsage, async ({ vault }) => ({ meta: usageOf(facts, vault) })),
  ];
}

function sayHello(facts: HolderFacts, request: methods.Hello, session: Session): Answer<methods.Empty> {
  const { vault, certificate, proof } = request;
  if (session.authorised) throw new VaultError('denied', 'a stream has one hello');
  const { device, role } = certified(certificate, vault);
  if (!verifyHello(device, { vault, holder: facts.self, client: session.remote }, proof)) {
    throw new VaultError('denied', 'the hello was not signed by the device it names, for this connection');
  }
  session.authorised = { vault, device, role };
  return { meta: {} };
}

function certified(certificate: Uint8Array, vault: VaultId): Pick<Authorised, 'device' | 'role'> {
  try {
    const decoded = decodeCertificate(certificate, verify);
    if (bytesEqual(decoded.vault, vault)) return { device: decoded.device, role: roleOf(decoded) };
  } catch (cause) {
    if (!isVaultError(cause, 'corrupt', 'forgery')) throw cause;
    throw new VaultError('denied', 'the device certificate in the hello is not valid', { cause });
  }
  throw new VaultError('denied', 'the device certificate in the hello is of another vault');
}

/** The vault to write to: the one the stream's hello was for. */
function writable(facts: HolderFacts, vault: VaultId, session: Session): VaultHolding {
  if (!session.authorised || !bytesEqual(session.authorised.vault, vault)) {
    throw new VaultError('denied', 'this stream said hello for another vault');
  }
  return facts.holdings.vault(vault, true);
}

async function put(
  facts: HolderFacts,
  { vault, digest }: methods.OfChunk,
  bytes: Uint8Array,
  session: Session,
): Promise<Answer<{ readonly receipt: Uint8Array }>> {
  const holding = writable(facts, vault, session);
  checkRetired(holding, session);
  checkRole(holding, digest, session);
  await holding.chunks.put({ digest, bytes }, { signal: session.signal });
  facts.stored(vault);
  // Only now: the chunk and its folder are durable (L5).
  return { meta: { receipt: facts.sign(receiptMessage(vault, digest, bytes.length)) } };
}

/** A log of its own is closed to it, so nothing it puts could ever be committed. */
function checkRetired({ books }: VaultHolding, session: Session): void {
  if (session.authorised && books.retired(session.authorised.device)) {
    throw new VaultError('denied', 'this device of the vault is retired; nothing is stored for it any more');
  }
}

/** A keeper makes copies of what the logs keep alive; it brings nothing new. */
function checkRole({ books }: VaultHolding, digest: Digest, { authorised }: Session): void {
  if (!authorised || mayPut(authorised.role, () => books.of(digest)?.live === true)) return;
  throw new VaultError('denied', 'a keeper device stores only chunks that the logs of its vault keep alive');
}

async function get(
  facts: HolderFacts,
  { vault, digest }: methods.OfChunk,
  session: Session,
): Promise<Answer<methods.Found>> {
  return found(await facts.holdings.vault(vault)?.chunks.get(digest, { signal: session.signal }));
}

function found(payload: Uint8Array | undefined): Answer<methods.Found> {
  return { meta: { found: payload !== undefined }, payload: payload ?? NO_BYTES };
}

async function has(
  facts: HolderFacts,
  { vault, trash = false }: methods.Lookup,
  packed: Uint8Array,
  session: Session,
): Promise<Answer<methods.Empty>> {
  const digests = unpackDigests(packed);
  const options = { signal: session.signal, trash };
  const holding = facts.holdings.vault(vault);
  const answers = holding ? await holding.chunks.has(digests, options) : [];
  return { meta: {}, payload: Uint8Array.from(digests, (_, i) => (answers[i] ? 1 : 0)) };
}

function headsOf(facts: HolderFacts, vault: VaultId): methods.Head[] {
  const heads = facts.holdings.vault(vault)?.logs.heads() ?? [];
  return heads.slice(0, methods.MAX_HEADS).map(({ device, next, hash }) => ({ device, next, hash }));
}

async function logRead(facts: HolderFacts, range: methods.LogRange): Promise<Answer<methods.Empty>> {
  const logs = facts.holdings.vault(range.vault)?.logs;
  const maxBytes = methods.MAX_LOG_READ_BYTES - LIST_OVERHEAD_BYTES;
  const entries = logs ? await logs.read(range.device, range.from, maxBytes) : [];
  while (packedBytes(entries) > methods.MAX_LOG_READ_BYTES) entries.pop();
  return { meta: {}, payload: packEntries(entries) };
}

async function logAppend(
  facts: HolderFacts,
  { vault }: methods.OfVault,
  entry: Uint8Array,
  session: Session,
): Promise<Answer<{ readonly added: boolean }>> {
  const holding = writable(facts, vault, session);
  checkDevices(holding.logs.heads(), session);
  const outcome = await holding.append(entry);
  facts.stored(vault);
  return { meta: { added: outcome === 'added' } };
}

/** A vault's heads must fit one answer. */
function checkDevices(heads: readonly { readonly device: Uint8Array }[], session: Session): void {
  if (heads.length < methods.MAX_HEADS) return;
  const own = session.authorised && keyOf(session.authorised.device);
  if (heads.some(({ device }) => keyOf(device) === own)) return;
  throw new VaultError(
    'no-space',
    `this vault has ${methods.MAX_HEADS} devices here; the log of a new one was not stored`,
  );
}

async function tableWrite(
  facts: HolderFacts,
  { vault }: methods.OfVault,
  table: Uint8Array,
  session: Session,
): Promise<Answer<{ readonly stored: boolean }>> {
  const outcome = await writable(facts, vault, session).table.write(table);
  facts.stored(vault);
  return { meta: { stored: outcome !== 'older' } };
}

function usageOf(facts: HolderFacts, vault: VaultId): { readonly chunks: number; readonly bytes: number } {
  const usage = facts.holdings.vault(vault)?.chunks.usage();
  return { chunks: usage?.chunks ?? 0, bytes: usage?.bytes ?? 0 };
}
