/** What libp2p throws, as this product's errors: which promise broke, and what to do next. */
import { VaultError } from '../model/errors.ts';

/** The error, its causes and its parts, flat. */
function* causesOf(error: unknown, depth = 0): Generator<Error> {
  if (!(error instanceof Error) || depth > 5) return;
  yield error;
  yield* causesOf(error.cause, depth + 1);
  if (error instanceof AggregateError) for (const part of error.errors) yield* causesOf(part, depth + 1);
}

/** How noise reports that the other side's handshake does not fit ours: the tag of message 2 is wrong (M1). */
const REFUSED = /handshake stage \d+ validation fail|chacha20poly1305/i;

/** How libp2p reports that the other side has no secure channel of our kind. */
const OTHER = /could not negotiate/i;

/** A VaultError for a failed dial or stream: 'foreign-mesh', 'timeout', 'unavailable'; the reason of an aborted signal as it is. */
export function networkError(target: string, error: unknown, signal?: AbortSignal): Error {
  if (error instanceof VaultError) return error;
  if (signal?.aborted && signal.reason instanceof Error) return signal.reason;
  const causes = [...causesOf(error)];
  const named = (...names: readonly string[]): Error | undefined =>
    causes.find(({ name }) => names.includes(name));
  const refused = causes.find(
    ({ name, message }) => name === 'EncryptionFailedError' && REFUSED.test(message),
  );
  if (refused) {
    return new VaultError('foreign-mesh', `${target} belongs to another mesh: the handshake failed`, {
      hint: 'Check that the ticket is the one of this mesh.',
      cause: error,
    });
  }
  const stranger = causes.find(
    ({ name, message }) => name === 'EncryptionFailedError' && OTHER.test(message),
  );
  if (stranger) {
    return new VaultError(
      'unavailable',
      `${target} runs another version of vault, and no connection is possible`,
      {
        hint: 'Install the same version on both machines.',
        cause: error,
      },
    );
  }
  if (named('UnsupportedProtocolError')) {
    return new VaultError('unavailable', `${target} does not serve this protocol`, { cause: error });
  }
  // libp2p keeps only the message of what went wrong inside a handshake.
  if (
    named('TimeoutError', 'AbortError') ||
    causes.some(({ message }) => /\btimeout\b|timed out/i.test(message))
  ) {
    return new VaultError('timeout', `${target} did not answer in time`, { cause: error });
  }
  const why = [...new Set(causes.map(({ message }) => message))].slice(-2).join('; ');
  return new VaultError('unavailable', `cannot reach ${target}: ${why}`, { cause: error });
}

/** A VaultError for a node that cannot start. */
export function startError(error: unknown, listen: readonly string[]): Error {
  if (error instanceof VaultError) return error;
  const told = [...causesOf(error)].map(({ message }) => message).at(-1) ?? String(error);
  // libp2p writes a report of several lines with stack traces; its first system error is what matters.
  const why = /\blisten (E[A-Z]+: [^\n]*)/.exec(told)?.[1] ?? told.split('\n')[0];
  return new VaultError('io', `cannot listen on ${listen.join(', ')}: ${why}`, {
    hint: 'If another program uses the port, stop it, or write another port into "listen" of peer.json.',
    cause: error,
  });
}
