/** Manual pages of a program, one for itself and one for each command, made from the command table that the help is made from. */
import { COMMON_OPTIONS } from './arguments.ts';
import type { CommandSpec, OptionSpec, Program } from './command.ts';
import { helpParts } from './help-parts.ts';
import { roffExample, roffLine, roffUsage, roffWords } from './roff.ts';

export interface ManPage {
  /** "vault-key-add": of section 1, so its file is vault-key-add.1. */
  readonly name: string;
  /** Source for `man`, with a line break at its end. */
  readonly text: string;
}

const OTHER_PROGRAM: Readonly<Record<string, string>> = { vault: 'vault-peer', 'vault-peer': 'vault' };

export function pageName(program: string, command: string): string {
  return `${program}-${command.replaceAll(' ', '-')}`;
}

function titled(name: string, about: string, version: string): readonly string[] {
  return [
    `.TH "${roffWords(name.toUpperCase())}" 1 "" "vault\\-mesh ${roffWords(version)}" "vault\\-mesh"`,
    '.nh',
    '.ad l',
    '.SH NAME',
    `${roffWords(name)} \\- ${roffWords(about)}`,
  ];
}

function paragraphs(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => ['.PP', roffLine(text)]);
}

/** A term with what it means, indented below it. */
function row(term: string, meaning: string): readonly string[] {
  return ['.TP', term, roffLine(meaning)];
}

function optionRow({ name, short, value, about }: OptionSpec): readonly string[] {
  const names = short === undefined ? `--${name}` : `-${short}, --${name}`;
  return row(roffUsage(names) + (value === undefined ? '' : ` \\fI${roffWords(value)}\\fR`), about);
}

function options(all: readonly OptionSpec[]): readonly string[] {
  return ['.SH OPTIONS', ...all.filter(({ internal }) => internal !== true).flatMap(optionRow)];
}

function references(names: readonly string[]): readonly string[] {
  const list = names.map((name) => `\\fB${roffWords(name)}\\fR(1)`);
  return ['.SH "SEE ALSO"', list.join(', ')];
}

function environment(program: Program, text: string | undefined): readonly string[] {
  const all = program.environment ?? [];
  const meant =
    text === undefined
      ? all
      : all.filter(({ names }) => names.some((name) => new RegExp(`\\b${name}\\b`).test(text)));
  const rows = meant.flatMap(({ names, meaning }) =>
    row(names.map((name) => `\\fB${roffWords(name)}\\fR`).join(', '), meaning),
  );
  const rest = `What every command reads from its environment is in \\fB${roffWords(program.name)}\\fR(1).`;
  return ['.SH ENVIRONMENT', ...rows, ...(text === undefined ? [] : ['.PP', rest])];
}

function exitStatus(program: Program, command: CommandSpec): readonly string[] {
  const { exitCodes, exitNotes } = helpParts(command);
  const rest = `All exit codes of the program are in \\fB${roffWords(program.name)}\\fR(1).`;
  return [
    '.SH "EXIT STATUS"',
    ...exitCodes.flatMap(({ code, meaning }) => row(`\\fB${code}\\fR`, meaning)),
    ...paragraphs(exitNotes),
    '.PP',
    rest,
  ];
}

/** The commands that a command's help speaks of. */
function related(program: Program, { name, details }: CommandSpec): readonly string[] {
  const others = program.commands.filter(
    (other) =>
      other.name !== name && new RegExp(`\\b${program.name} (?:help )?${other.name}\\b`).test(details),
  );
  return others.map((other) => pageName(program.name, other.name));
}

export function commandPage(program: Program, command: CommandSpec, version: string): ManPage {
  const name = pageName(program.name, command.name);
  const { description, examples } = helpParts(command);
  const all = [...command.options, ...COMMON_OPTIONS];
  const said = [command.usage, command.details, ...all.map(({ about }) => about)].join('\n');
  const lines = [
    ...titled(name, command.summary, version),
    '.SH SYNOPSIS',
    `\\fB${roffWords(`${program.name} ${command.name}`)}\\fR ${roffUsage(command.usage)}`.trimEnd(),
    '.SH DESCRIPTION',
    ...description.flatMap(({ text, table }) => (table ? roffExample(text.split('\n')) : paragraphs([text]))),
    ...options(all),
    ...exitStatus(program, command),
    ...environment(program, said),
    ...(examples.length === 0 ? [] : ['.SH EXAMPLES', ...examples.flatMap(roffExample)]),
    ...references([program.name, ...related(program, command)]),
  ];
  return { name, text: `${lines.join('\n')}\n` };
}

function programPage(program: Program, version: string): ManPage {
  const pages = program.commands.map(({ name }) => pageName(program.name, name));
  const other = OTHER_PROGRAM[program.name];
  const lines = [
    ...titled(program.name, program.about, version),
    '.SH SYNOPSIS',
    `\\fB${roffWords(program.name)}\\fR ${roffUsage('COMMAND [options]')}`,
    '.SH DESCRIPTION',
    ...paragraphs([program.notes.join(' ')]),
    '.SH COMMANDS',
    ...program.commands.flatMap(({ name, summary }) => row(`\\fB${roffWords(name)}\\fR`, summary)),
    ...options(COMMON_OPTIONS),
    '.SH "EXIT STATUS"',
    ...(program.exitCodes ?? []).flatMap(({ code, meaning }) => row(`\\fB${code}\\fR`, meaning)),
    ...environment(program, undefined),
    ...references([...pages, ...(other === undefined ? [] : [other])]),
  ];
  return { name: program.name, text: `${lines.join('\n')}\n` };
}

/** The program's own page first, then one a command. */
export function manPages(program: Program, version: string): readonly ManPage[] {
  return [
    programPage(program, version),
    ...program.commands.map((command) => commandPage(program, command, version)),
  ];
}
