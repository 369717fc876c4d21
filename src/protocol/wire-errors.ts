/** Errors on the wire: a fixed list of codes and a bounded, printable sentence; nothing of a holder's inside leaks (T1). */
import { type ErrorCode, isVaultError, VaultError } from '../model/errors.ts';
import { type MetaMap, textField } from './meta.ts';

/** Codes a holder may send. Append-only; anything else is sent as 'internal' and read as 'unavailable'. */
const WIRE_CODES: readonly ErrorCode[] = [
  'no-space',
  'unavailable',
  'corrupt',
  'rollback',
  'forgery',
  'not-found',
  'denied',
  'bad-frame',
  'unsupported-version',
  'timeout',
  'closed',
  'locked',
  'io',
  'internal',
];

const MAX_CODE_CHARS = 64;
const MAX_MESSAGE_CHARS = 1000;
/** Room for code and message when every character takes three bytes. */
export const MAX_ERROR_META_BYTES = 4096;

/** These speak of paths and program parts of the holder, which are nobody else's business. */
const PRIVATE: Readonly<Partial<Record<ErrorCode, string>>> = {
  io: 'a disk operation failed there',
  internal: 'the request failed there because of a fault in the program',
};

export function errorMeta(error: unknown): MetaMap {
  const code = isVaultError(error, ...WIRE_CODES) ? error.code : 'internal';
  const message = PRIVATE[code] ?? (error instanceof Error ? error.message : '');
  return { code, message: printable(message) };
}

/** The error as the caller sees it: same code, and the sentence says which peer it is from. */
export function readErrorMeta(meta: MetaMap, peer: string): VaultError {
  const text = textField(meta, 'code', MAX_CODE_CHARS);
  const message = printable(textField(meta, 'message', MAX_MESSAGE_CHARS));
  const code = WIRE_CODES.find((known) => known === text) ?? 'unavailable';
  return new VaultError(code, `peer ${peer} refused: ${message || text}`, { data: { peer } });
}

/** A hostile peer must not write escape sequences to a terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, MAX_MESSAGE_CHARS);
}
