/** Shares of a vault's secret as people get and give them. */

/** What a share says of itself. */
export interface ShareFacts {
  /** 1 to `count`. */
  readonly number: number;
  readonly count: number;
  /** How many of them open the vault. */
  readonly threshold: number;
  /** Six hex digits that all shares of one split have, and those of another have not. */
  readonly split: string;
}

/** Secret, together with the others. */
export interface PrintedShare extends ShareFacts {
  /** Eight rows of five words; the last of each is a check. */
  readonly rows: readonly (readonly string[])[];
}

export interface SplitOptions {
  /** 2 to 16. */
  readonly shares: number;
  /** 2 to `shares`. */
  readonly threshold: number;
}

export interface SplitSecret {
  readonly vaultId: string;
  /** What people call the machine that splits. */
  readonly device: string;
  readonly ticket: string;
  readonly program: string;
  readonly shares: readonly PrintedShare[];
}

/** A share as somebody gave it, in any layout. */
export interface GivenShare {
  /** For messages: the file, or "share 2". */
  readonly name: string;
  readonly text: string;
}

export interface CombinedSecret {
  /** Text form of the vault's id. */
  readonly vaultId: string;
  /** The 24 words. */
  readonly words: string;
  readonly used: readonly string[];
  /** Shares that were not used, each with the reason. */
  readonly ignored: readonly { readonly name: string; readonly reason: string }[];
}

/** A share that is typed row by row; `add` and `facts` throw 'wrong-shares'. */
export interface TypedShare {
  /** Rows accepted, of 8. */
  readonly rows: number;
  /** A row that is refused may be typed again. */
  add(row: string): void;
  /** Once all rows are there. */
  facts(): ShareFacts;
}
