/** A prepared statement whose failures say what they mean: a full disk, or a damaged file that can be thrown away. */
import type { SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { VaultError } from '../model/errors.ts';

type Row = Record<string, SQLOutputValue>;

/** Primary result codes of SQLite. */
const NOT_A_BUG: Readonly<Record<number, 'damaged' | 'full' | 'refused'>> = {
  8: 'refused', // READONLY
  10: 'refused', // IOERR
  11: 'damaged', // CORRUPT
  13: 'full', // FULL
  14: 'refused', // CANTOPEN
  26: 'damaged', // NOTADB
};

/** `cause` as a VaultError when it is the file's or the disk's fault; unchanged otherwise. */
export function databaseFailure(path: string, cause: unknown): unknown {
  if (!(cause instanceof Error && 'errcode' in cause)) return cause;
  const kind = NOT_A_BUG[Number(cause.errcode) & 0xff];
  if (kind === 'damaged') {
    return new VaultError('io', `${path} is damaged: ${cause.message}`, {
      hint: 'Move the file away: it is rebuilt from the holders; no backup is affected.',
      cause,
    });
  }
  if (kind === 'full') {
    return new VaultError('no-space', `the disk that holds ${path} is full`, {
      hint: 'Free some space there, then run this again: it goes on where it stopped.',
      cause,
    });
  }
  return kind ? new VaultError('io', `cannot use ${path}: ${cause.message}`, { cause }) : cause;
}

export class Statement {
  readonly #inner: StatementSync;
  readonly #path: string;

  constructor(inner: StatementSync, path: string) {
    this.#inner = inner;
    this.#path = path;
  }

  run(...values: SQLInputValue[]): { readonly changes: number | bigint } {
    return this.#guarded(() => this.#inner.run(...values));
  }

  get(...values: SQLInputValue[]): Row | undefined {
    return this.#guarded(() => this.#inner.get(...values));
  }

  all(...values: SQLInputValue[]): Row[] {
    return this.#guarded(() => this.#inner.all(...values));
  }

  *iterate(...values: SQLInputValue[]): Generator<Row> {
    try {
      yield* this.#inner.iterate(...values);
    } catch (cause) {
      throw databaseFailure(this.#path, cause);
    }
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw databaseFailure(this.#path, cause);
    }
  }
}
