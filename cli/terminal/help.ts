/** Help texts of both programs, made from the command definitions, so that they cannot disagree with the parser. */
import { COMMON_OPTIONS } from './arguments.ts';
import type { CommandSpec, OptionSpec, Program } from './command.ts';

function optionWords(option: OptionSpec): string {
  const short = option.short === undefined ? '    ' : `-${option.short}, `;
  return `${short}--${option.name}${option.value === undefined ? '' : ` ${option.value}`}`;
}

function optionLines(options: readonly OptionSpec[]): string[] {
  const shown = options.filter((option) => option.internal !== true);
  const width = Math.max(...shown.map((option) => optionWords(option).length)) + 2;
  return shown.map((option) => `  ${optionWords(option).padEnd(width)}${option.about}`);
}

function environmentLines({ environment = [] }: Program): string[] {
  if (environment.length === 0) return [];
  const rows = environment.flatMap(({ names, meaning }) => [`  ${names.join(', ')}`, `      ${meaning}`]);
  return ['', 'Environment:', ...rows];
}

function exitCodeLines({ exitCodes = [] }: Program): string[] {
  if (exitCodes.length === 0) return [];
  return [
    '',
    'Exit codes:',
    ...exitCodes.map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`),
  ];
}

export function programHelp(program: Program): string {
  const width = Math.max(...program.commands.map((command) => command.name.length)) + 2;
  return [
    `${program.name} - ${program.about}`,
    '',
    `Usage: ${program.name} COMMAND [options]`,
    '',
    'Commands:',
    ...program.commands.map((command) => `  ${command.name.padEnd(width)}${command.summary}`),
    `  ${'help'.padEnd(width)}show this, or the help of one command`,
    '',
    'Options of every command:',
    ...optionLines(COMMON_OPTIONS),
    '',
    ...program.notes,
    ...environmentLines(program),
    ...exitCodeLines(program),
  ].join('\n');
}

export function commandHelp(program: Program, command: CommandSpec): string {
  return [
    `${program.name} ${command.name} - ${command.summary}`,
    '',
    `Usage: ${program.name} ${command.name} ${command.usage}`.trimEnd(),
    '',
    command.details.trim(),
    '',
    'Options:',
    ...optionLines([...command.options, ...COMMON_OPTIONS]),
  ].join('\n');
}
