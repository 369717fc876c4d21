/** Turns the words after a command into checked options and positionals, with a suggestion for a mistyped one. */
import { parseArgs } from 'node:util';
import { VaultError } from '../../src/index.ts';
import type { Arguments, OptionSpec } from './command.ts';
import { suggest } from './suggest.ts';

export const COMMON_OPTIONS: readonly OptionSpec[] = [
  { name: 'json', about: 'print JSON lines, each with a message_type' },
  { name: 'quiet', short: 'q', about: 'print results only' },
  { name: 'verbose', short: 'v', about: 'say more' },
  { name: 'help', short: 'h', about: 'show this help' },
  { name: 'version', about: 'show the version' },
];

function unknownOption(raw: string, options: readonly OptionSpec[], helpCommand: string): VaultError {
  const near = raw.startsWith('--')
    ? suggest(
        raw.slice(2),
        options.filter((option) => option.internal !== true).map((option) => option.name),
      )
    : undefined;
  return new VaultError('usage', `unknown option ${raw}`, {
    hint: near === undefined ? `See "${helpCommand}".` : `Did you mean --${near}? See "${helpCommand}".`,
  });
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function checkedValue(token: OptionToken, spec: OptionSpec): string {
  if (spec.value === undefined) {
    if (token.value === undefined) return '';
    throw new VaultError('usage', `${token.rawName} takes no value`);
  }
  if (token.value === undefined || (token.value === '' && spec.mayBeEmpty !== true)) {
    throw new VaultError('usage', `${token.rawName} needs a value: ${token.rawName} ${spec.value}`);
  }
  if (token.inlineValue === false && token.value.length > 1 && token.value.startsWith('-')) {
    throw new VaultError(
      'usage',
      `${token.rawName} needs a value, but "${token.value}" looks like an option`,
      {
        hint: `If it is the value, write ${token.rawName}=${token.value}.`,
      },
    );
  }
  return token.value;
}

/** `helpCommand` is what an error message recommends. Throws 'usage'. */
export function parseArguments(
  words: readonly string[],
  own: readonly OptionSpec[],
  helpCommand: string,
): Arguments {
  const options = [...own, ...COMMON_OPTIONS];
  const config = Object.fromEntries(
    options.map((option) => [
      option.name,
      {
        type: option.value === undefined ? ('boolean' as const) : ('string' as const),
        multiple: true,
        ...(option.short === undefined ? {} : { short: option.short }),
      },
    ]),
  );
  const { tokens, positionals } = parseArgs({
    args: [...words],
    options: config,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const found = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const spec = options.find((option) => option.name === token.name);
    if (spec === undefined) throw unknownOption(token.rawName, options, helpCommand);
    const before = found.get(spec.name) ?? [];
    if (before.length > 0 && spec.multiple !== true && spec.value !== undefined) {
      throw new VaultError('usage', `${token.rawName} is given twice`);
    }
    found.set(spec.name, [...before, checkedValue(token, spec)]);
  }
  return {
    has: (name) => found.has(name),
    value: (name) => found.get(name)?.at(-1),
    values: (name) => found.get(name) ?? [],
    positionals,
  };
}
