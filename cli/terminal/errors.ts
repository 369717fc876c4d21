/** Tells an error once: for people with its next step, for scripts as one JSON line, and as an exit code for both. */
import { type ErrorCode, isVaultError, VaultError } from '../../src/index.ts';
import { EXIT_CODES, EXITS } from '../exit-codes.ts';
import { paintFor } from './paint.ts';
import type { Session } from './session.ts';

/** Any thrown thing as a VaultError; an abort counts as 'interrupted', what we do not know as a bug. */
function asVaultError(error: unknown, signal: AbortSignal): VaultError {
  if (signal.aborted && !isVaultError(error, 'rollback', 'forgery')) {
    return new VaultError('interrupted', 'interrupted; nothing that was finished before is lost', {
      cause: error,
    });
  }
  if (error instanceof VaultError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new VaultError('internal', `unexpected: ${text}`, { cause: error });
}

function causes(error: unknown): string[] {
  const lines: string[] = [];
  for (let at = error; at instanceof Error && lines.length < 8; at = at.cause) {
    lines.push(at.stack ?? `${at.name}: ${at.message}`);
  }
  return lines;
}

/** What a program that only sees the exit code can say of work that ended without an error, but not as it should. */
const SHORTFALLS: Readonly<Record<number, ErrorCode>> = {
  21: 'fewer-copies',
  22: 'no-space',
  23: 'unavailable',
  24: 'lost',
  25: 'rollback',
};

/** With --json the last line on stderr names every exit code but 0, also one that no error brought. Returns the code. */
export function reportOutcome(code: number, session: Session): number {
  if (code === 0 || !session.mode.json) return code;
  const error = SHORTFALLS[code];
  const line = {
    message_type: 'exit_error',
    code,
    ...(error === undefined ? {} : { error_code: error }),
    message: EXIT_CODES.find((row) => row.code === code)?.meaning ?? 'failed',
  };
  session.terminal.stderr.write(`${JSON.stringify(line)}\n`);
  return code;
}

/** Prints `error` on stderr and returns the exit code of the table. */
export function reportError(
  thrown: unknown,
  session: Session,
  program: string,
  afterInterrupt?: string,
): number {
  const error = asVaultError(thrown, session.signal);
  const exit = EXITS[error.code];
  const interrupted = error.code === 'interrupted' ? afterInterrupt : undefined;
  const hint = error.hint ?? interrupted ?? exit.hint;
  const { stderr } = session.terminal;
  if (session.mode.json) {
    const line = {
      message_type: 'exit_error',
      code: exit.code,
      error_code: error.code,
      message: error.message,
      ...(hint === undefined ? {} : { hint }),
      ...(error.data === undefined ? {} : { data: error.data }),
    };
    stderr.write(`${JSON.stringify(line)}\n`);
    return exit.code;
  }
  stderr.write(`${paintFor(stderr, session.terminal.env)('red', `${program}:`)} ${error.message}\n`);
  if (hint !== undefined) stderr.write(`  ${hint}\n`);
  if (session.mode.verbose || error.code === 'internal') {
    for (const text of causes(thrown)) stderr.write(`${text}\n`);
  }
  return exit.code;
}
