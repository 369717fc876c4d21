/** Runs one command line of a program and always ends in an exit code, with errors told once and in one form. */
import { VaultError } from '../../src/index.ts';
import { parseArguments } from './arguments.ts';
import type { Arguments, CommandSpec, Program, Run } from './command.ts';
import { reportError, reportOutcome } from './errors.ts';
import { commandHelp, programHelp } from './help.ts';
import { limitsOf } from './limits.ts';
import { createSession, type Mode, type Session, type Terminal } from './session.ts';
import { suggest } from './suggest.ts';
import { version } from './version.ts';

interface Prepared {
  readonly mode: Mode;
  readonly run: Run;
  readonly afterInterrupt?: string;
}

const PLAIN: Mode = { json: false, quiet: false, verbose: false };

/** Commands named by two words ("device list") whose first word is `word`. */
function groupOf(program: Program, word: string): readonly CommandSpec[] {
  return program.commands.filter(({ name }) => name.startsWith(`${word} `));
}

function findCommand(program: Program, name: string): CommandSpec {
  const command = program.commands.find((candidate) => candidate.name === name);
  if (command) return command;
  const [first = '', second] = name.split(' ');
  const group = groupOf(program, first);
  if (group.length > 0 && second === undefined) {
    throw new VaultError('usage', `"${program.name} ${first}" needs a second word`, {
      hint: `One of: ${group.map((each) => `"${program.name} ${each.name}"`).join(', ')}.`,
    });
  }
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
  const group = groupOf(program, name);
  const text =
    group.length > 0
      ? group.map((command) => commandHelp(program, command)).join('\n\n')
      : commandHelp(program, findCommand(program, name));
  return show(text, { message_type: 'help', command: name, text });
}

/** Where the command's one or two words stand: the first that are neither options nor values of one. */
function commandPlaces(program: Program, words: readonly string[]): readonly number[] {
  const valued = new Set(
    program.commands
      .flatMap((command) => command.options)
      .filter(({ value }) => value !== undefined)
      .flatMap(({ name, short }) => (short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`])),
  );
  const plain = [...words.keys()].filter(
    (at) => !words[at]?.startsWith('-') && !valued.has(words[at - 1] ?? ''),
  );
  const group = groupOf(program, words[plain[0] ?? -1] ?? '');
  return plain.slice(0, group.length > 0 ? 2 : 1);
}

/** What "help" is asked about: a command, or the first word of several. */
function helpTopic(program: Program, args: Arguments): string | undefined {
  const [topic, ...rest] = args.positionals;
  if (topic !== undefined && groupOf(program, topic).length > 0) return args.positionals.join(' ');
  const [extra] = rest;
  if (extra !== undefined) throw new VaultError('usage', `help of one command only; "${extra}" is too much`);
  return topic;
}

function asksForHelp(word: string): boolean {
  return word === '--help' || word === '-h';
}

function prepare(program: Program, words: readonly string[]): Prepared {
  const places = commandPlaces(program, words);
  const named = places.length === 0 ? undefined : places.map((at) => words[at]).join(' ');
  const name = named ?? program.defaultCommand;
  const rest = words.filter((_, index) => !places.includes(index));
  if (name !== undefined && groupOf(program, name).length > 0 && rest.some(asksForHelp)) {
    return { mode: { ...PLAIN, json: rest.includes('--json') }, run: showHelp(program, name) };
  }
  const command = name === undefined || name === 'help' ? undefined : findCommand(program, name);
  const help = `${program.name} help${command === undefined ? '' : ` ${command.name}`}`;
  const args = parseArguments(rest, command?.options ?? [], help);
  const limits = limitsOf(args);
  const mode = {
    json: args.has('json'),
    quiet: args.has('quiet'),
    verbose: args.has('verbose'),
    ...(limits ? { limits } : {}),
  };
  if (args.has('version')) {
    const text = version();
    return { mode, run: show(`${program.name} ${text}`, { message_type: 'version', version: text }) };
  }
  if (command === undefined) return { mode, run: showHelp(program, helpTopic(program, args)) };
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
    return reportOutcome(await prepared.run(session), session);
  } catch (error) {
    return reportError(error, session, program.name, afterInterrupt);
  }
}
