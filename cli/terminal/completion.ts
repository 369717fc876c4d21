/** Completion scripts of a program for each shell, made from the command table, so that they cannot disagree with the parser. */
import { COMMON_OPTIONS } from './arguments.ts';
import type { OptionSpec, Program } from './command.ts';

export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

interface Choice {
  readonly word: string;
  readonly about: string;
}

/** What can be typed after some words of a command line: "" is the beginning, "key" the first word of several. */
type Choices = ReadonlyMap<string, readonly Choice[]>;

function optionChoices(options: readonly OptionSpec[]): readonly Choice[] {
  return [...options, ...COMMON_OPTIONS]
    .filter(({ internal }) => internal !== true)
    .flatMap(({ name, short, about }) => [
      { word: `--${name}`, about },
      ...(short === undefined ? [] : [{ word: `-${short}`, about }]),
    ]);
}

export function choicesOf(program: Program): Choices {
  const choices = new Map<string, Choice[]>([['', []]]);
  const add = (after: string, choice: Choice): void => {
    const known = choices.get(after) ?? [];
    if (!known.some(({ word }) => word === choice.word)) choices.set(after, [...known, choice]);
  };
  for (const { name, summary } of program.commands) {
    const [first = '', second] = name.split(' ');
    add('', { word: first, about: second === undefined ? summary : `${first} ...` });
    if (second !== undefined) add(first, { word: second, about: summary });
  }
  add('', { word: 'help', about: 'show the help of one command' });
  for (const { word, about } of choices.get('') ?? []) if (word !== 'help') add('help', { word, about });
  for (const choice of optionChoices([])) add('', choice);
  for (const { name, options } of program.commands) choices.set(name, [...optionChoices(options)]);
  return choices;
}

function identifier(name: string): string {
  return name.replaceAll('-', '_');
}

function words(choices: readonly Choice[]): string {
  return choices.map(({ word }) => word).join(' ');
}

/** First words after which a second one is due. */
function groups(choices: Choices): readonly string[] {
  const firsts = [...choices.keys()].filter((key) => key.includes(' ')).map((key) => key.split(' ')[0] ?? '');
  return [...new Set([...firsts, 'help'])];
}

function bash(program: Program, choices: Choices): string {
  const cases = [...choices].map(([after, list]) => `    '${after}') words='${words(list)}' ;;`);
  return `# bash completion of ${program.name}: source <(${program.name} completion bash)
_${identifier(program.name)}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" after='' words='' word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    [[ "$word" == -* ]] && continue
    after="\${after:+$after }$word"
    case "$after" in
      ${groups(choices).join(' | ')}) ;;
      *) break ;;
    esac
  done
  case "$after" in
${cases.join('\n')}
  esac
  if [[ "$current" == -* || -z "$after" || " ${groups(choices).join(' ')} " == *" $after "* ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  else
    compopt -o filenames 2>/dev/null
    local IFS=$'\\n'
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -F _${identifier(program.name)} ${program.name}`;
}

function zshQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function zsh(program: Program, choices: Choices): string {
  const cases = [...choices].map(([after, list]) => {
    const described = list.map(({ word, about }) => zshQuoted(`${word}:${about}`)).join(' ');
    return `    '${after}') choices=(${described}) ;;`;
  });
  return `#compdef ${program.name}
# zsh completion of ${program.name}: put it into a folder of $fpath as _${program.name}, or source <(${program.name} completion zsh)
_${identifier(program.name)}() {
  local after='' word i
  local -a choices
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    [[ "$word" == -* ]] && continue
    after="\${after:+$after }$word"
    case "$after" in
      ${groups(choices).join('|')}) ;;
      *) break ;;
    esac
  done
  case "$after" in
${cases.join('\n')}
  esac
  if [[ "\${words[CURRENT]}" == -* || -z "$after" || " ${groups(choices).join(' ')} " == *" $after "* ]]; then
    _describe '${program.name}' choices
  else
    _files
  fi
}
compdef _${identifier(program.name)} ${program.name}`;
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function fish(program: Program, choices: Choices): string {
  const about = `__${identifier(program.name)}_after`;
  const lines = [...choices].flatMap(([after, list]) =>
    list.map((choice) => {
      const kind = choice.word.startsWith('--')
        ? `-l ${choice.word.slice(2)}`
        : choice.word.startsWith('-')
          ? `-s ${choice.word.slice(1)}`
          : `-f -a ${choice.word}`;
      return `complete -c ${program.name} -n "${about} '${after}'" ${kind} -d ${fishQuoted(choice.about)}`;
    }),
  );
  return `# fish completion of ${program.name}: ${program.name} completion fish > ~/.config/fish/completions/${program.name}.fish
function ${about}
  set -l after
  for word in (commandline -opc)[2..-1]
    string match -q -- '-*' $word; and continue
    set -a after $word
    contains -- "$after" ${groups(choices).join(' ')}; or break
  end
  test "$after" = "$argv[1]"
end
${lines.join('\n')}`;
}

function powershell(program: Program, choices: Choices): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  const rows = [...choices].map(
    ([after, list]) => `    ${quoted(after)} = @(${list.map(({ word }) => quoted(word)).join(', ')})`,
  );
  return `# PowerShell completion of ${program.name}: ${program.name} completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName ${program.name} -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $choices = @{
${rows.join('\n')}
  }
  $after = ''
  foreach ($element in $commandAst.CommandElements | Select-Object -Skip 1) {
    $word = $element.ToString()
    if ($element.Extent.EndOffset -ge $cursorPosition -or $word.StartsWith('-')) { continue }
    $after = ($after + ' ' + $word).Trim()
    if (@(${groups(choices).map(quoted).join(', ')}) -notcontains $after) { break }
  }
  $choices[$after] | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}`;
}

export function completionScript(program: Program, shell: Shell): string {
  return { bash, zsh, fish, powershell }[shell](program, choicesOf(program));
}
