/** What a command of either program is: its words, its options, a check that turns them into a typed plan, and the plan's run. */
import type { EnvironmentVariables } from './environment.ts';
import type { Session } from './session.ts';

export interface OptionSpec {
  readonly name: string;
  readonly short?: string;
  /** Placeholder of the value; an option without one is a switch. */
  readonly value?: string;
  readonly multiple?: boolean;
  /** '' is a value too: "--group-by ''". */
  readonly mayBeEmpty?: boolean;
  readonly about: string;
  /** For programs that start this one; not shown in help. */
  readonly internal?: boolean;
}

/** A parsed command line: options that the command knows, each with a value where one is due. */
export interface Arguments {
  readonly has: (name: string) => boolean;
  /** The last value given. */
  readonly value: (name: string) => string | undefined;
  readonly values: (name: string) => readonly string[];
  readonly positionals: readonly string[];
}

/** Runs what was asked; the number is the process exit code. */
export type Run = (session: Session) => Promise<number>;

export interface CommandSpec {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What follows the command's name, e.g. "PATH... [options]". */
  readonly usage: string;
  readonly options: readonly OptionSpec[];
  /** Paragraphs of `help COMMAND`. */
  readonly details: string;
  /** The next step after Ctrl-C, where it is another than to run the same again. */
  readonly afterInterrupt?: string;
  /** Checks everything before anything is done. Throws 'usage'. */
  readonly prepare: (args: Arguments) => Run;
}

export interface Program {
  readonly name: string;
  readonly about: string;
  readonly commands: readonly CommandSpec[];
  /** Run when no command is named; without it help is shown. */
  readonly defaultCommand?: string;
  /** Lines of the program's help that say what is true of every command. */
  readonly notes: readonly string[];
  readonly environment?: readonly EnvironmentVariables[];
  readonly exitCodes?: readonly { readonly code: number; readonly meaning: string }[];
}

export interface CommandParts<Plan> extends Omit<CommandSpec, 'prepare'> {
  /** Pure: from words to one typed plan. Throws 'usage'. */
  readonly parse: (args: Arguments) => Plan;
  readonly run: (plan: Plan, session: Session) => Promise<number>;
}

export function defineCommand<Plan>(parts: CommandParts<Plan>): CommandSpec {
  const { parse, run, ...words } = parts;
  return {
    ...words,
    prepare: (args) => {
      const plan = parse(args);
      return (session) => run(plan, session);
    },
  };
}
