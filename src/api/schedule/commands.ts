/** What a scheduled run starts: the program `vault`, and the shell commands before and after it. */

export interface VaultOutcome {
  readonly exitCode: number;
  /** Whether it ended by itself, not by our signal. */
  readonly finished: boolean;
  /** JSON lines of standard output but those of progress. */
  readonly messages: readonly Readonly<Record<string, unknown>>[];
  /** Errors and warnings in words, the last ones. */
  readonly problems: readonly string[];
}

export interface ShellOutcome {
  readonly exitCode: number;
  /** The end of what it printed. */
  readonly tail: string;
}

export type Environment = Readonly<Record<string, string>>;

export interface Commands {
  /** One command line of `vault`, with `--json`; ended cleanly when the signal aborts. Never rejects. */
  vault(args: readonly string[], env: Environment, signal: AbortSignal): Promise<VaultOutcome>;
  /** Never rejects. Ended `graceMs` after the signal aborts, and when it takes longer than an hour. */
  shell(command: string, env: Environment, signal: AbortSignal, graceMs?: number): Promise<ShellOutcome>;
}
