/** One error class for every broken promise: a code for scripts, a sentence, its meaning and the next step for people. */

/** Append-only: a code, once published, keeps its meaning. `cli/exit-codes.ts` maps each to a process exit code. */
export type ErrorCode =
  | 'usage' // the caller's arguments make no sense
  | 'no-vault' // this VAULT_HOME holds no vault
  | 'no-peer' // this data folder holds no peer
  | 'exists' // there is already a vault, peer or file where a new one was to be made
  | 'wrong-passphrase'
  | 'wrong-words' // recovery words that are no valid BIP-39 sentence
  | 'wrong-shares' // shares of a vault's secret that are mistyped, false, too few or of different splits
  | 'bad-invitation' // an invitation that cannot be decoded, or whose parts do not fit
  | 'bad-ticket' // a ticket that cannot be decoded
  | 'foreign-mesh' // the ticket or vault belongs to another mesh (the handshake was refused)
  | 'too-few-peers' // nothing could be stored
  | 'fewer-copies' // stored, but on fewer holders than asked
  | 'no-space' // full disk, or a quota reached
  | 'unavailable' // the data exists, its holders do not answer now
  | 'lost' // nobody has it any more
  | 'corrupt' // bytes do not match their name, tag or signature
  | 'rollback' // holders show an older log than this device has seen
  | 'forgery' // a fork or a bad signature in a log
  | 'not-found' // unknown snapshot, path, chunk, peer
  | 'ambiguous' // a prefix that fits several
  | 'source-unreadable'
  | 'target-exists'
  | 'target-unwritable'
  | 'locked' // another process uses this folder
  | 'denied' // not authorised: a peer refused, or this device's role does not allow it
  | 'bad-frame' // a peer sent something outside the protocol's bounds
  | 'unsupported-version'
  | 'timeout'
  | 'closed' // the connection or component was closed meanwhile
  | 'interrupted'
  | 'io' // the operating system refused a file operation
  | 'internal';

export interface VaultErrorOptions {
  /** What to do next, one sentence, shown on its own line. */
  readonly hint?: string;
  /** Typed facts for scripts (`--json`); never secrets. */
  readonly data?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  readonly cause?: unknown;
}

export class VaultError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly data: VaultErrorOptions['data'];

  constructor(code: ErrorCode, message: string, options: VaultErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'VaultError';
    this.code = code;
    this.hint = options.hint;
    this.data = options.data;
  }
}

/** True when `error` is a VaultError, with one of `codes` when any are given. */
export function isVaultError(error: unknown, ...codes: readonly ErrorCode[]): error is VaultError {
  return error instanceof VaultError && (codes.length === 0 || codes.includes(error.code));
}

/** A bug in this program, never a fault of input: throws 'internal' unless `condition` holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new VaultError('internal', `bug: ${message}`);
}
