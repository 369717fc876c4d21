/** Runs one command line of a program and always ends in an exit code, with errors told once and in one form. */
import { VaultError } from '../../src/index.ts';
import { parseArguments } from './arguments.ts';
import type { Arguments, CommandSpec, Program, Run } from './command.ts';
import { reportError } from './errors.ts';
import { commandHelp, programHelp } from './help.ts';
import { createSession, type Mode, type Session, type Terminal } from './session.ts';
import { suggest } from './suggest.ts';
import { version } from './version.ts';

interface Prepared {
  readonly mode: Mode;
  readonly run: Run;
  readonly afterInterrupt?: string;
}

const PLAIN: Mode = { json: false, quiet: false, verbose: false };

function findCommand(program: Program, name: string): CommandSpec {
  const command = program.commands.find((candidate) => candidate.name === name);
  if (command) return command;
  const near = suggest(name, [...program.commands.map((candidate) => candidate.name), 'help']);
  throw new VaultError('usage', `unknown command "${name}"`, {
    hint:
      near === undefined
        ? `"${program.name} help" lists the commands.`
        : `Did you mean "${program.name} ${near}"?`,
  });
}

/** Prints text whatever -q says; help and version are their own result. */
function show(text: string, json: Readonly<Record<string, unknown>> & { message_type: string }): Run {
  return async (session) => {
    session.print(text);
    session.emit(json);
    return 0;
  };
}

function showHelp(program: Program, name: string | undefined): Run {
  if (name === undefined || name === 'help') {
    const text = programHelp(program);
    return show(text, { message_type: 'help', text });
  }
  const text = commandHelp(program, findCommand(program, name));
  return show(text, { message_type: 'help', command: name, text });
}

/** The command's place among the words: the first that is neither an option nor the value of one. */
function commandIndex(program: Program, words: readonly string[]): number {
  const options = program.commands.flatMap((command) => command.options);
  const valued = new Set(options.filter(({ value }) => value !== undefined).map(({ name }) => `--${name}`));
  return words.findIndex((word, at) => !word.startsWith('-') && !valued.has(words[at - 1] ?? ''));
}

/** What "help" is asked about. */
function helpTopic(args: Arguments): string | undefined {
  const [topic, extra] = args.positionals;
  if (extra !== undefined) throw new VaultError('usage', `help of one command only; "${extra}" is too much`);
  return topic;
}

function prepare(program: Program, words: readonly string[]): Prepared {
  const at = commandIndex(program, words);
  const named = at < 0 ? undefined : words[at];
  const name = named ?? program.defaultCommand;
  const command = name === undefined || name === 'help' ? undefined : findCommand(program, name);
  const rest = words.filter((_, index) => index !== at);
  const help = `${program.name} help${command === undefined ? '' : ` ${command.name}`}`;
  const args = parseArguments(rest, command?.options ?? [], help);
  const mode = { json: args.has('json'), quiet: args.has('quiet'), verbose: args.has('verbose') };
  if (args.has('version')) {
    const text = version();
    return { mode, run: show(`${program.name} ${text}`, { message_type: 'version', version: text }) };
  }
  if (command === undefined) return { mode, run: showHelp(program, helpTopic(args)) };
  if (args.has('help')) return { mode, run: showHelp(program, command.name) };
  const { afterInterrupt } = command;
  return { mode, run: command.prepare(args), ...(afterInterrupt === undefined ? {} : { afterInterrupt }) };
}

/** Never rejects: what goes wrong is printed on stderr and becomes the exit code. */
export async function runProgram(
  program: Program,
  words: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  let session: Session = createSession(terminal, { ...PLAIN, json: words.includes('--json') }, signal);
  let afterInterrupt: string | undefined;
  try {
    const prepared = prepare(program, words);
    session = createSession(terminal, prepared.mode, signal);
    afterInterrupt = prepared.afterInterrupt;
    return await prepared.run(session);
  } catch (error) {
    return reportError(error, session, program.name, afterInterrupt);
  }
}
