/** Takes the paragraphs of a command's help apart, by how they are written: prose, tables, examples, exit codes. Loses no word of them. */
import type { CommandSpec } from './command.ts';

export interface HelpParts {
  /** Prose to be filled, and tables whose lines stay as they are, in order. */
  readonly description: readonly { readonly text: string; readonly table: boolean }[];
  /** Lines to copy, each without its indent. */
  readonly examples: readonly (readonly string[])[];
  readonly exitCodes: readonly { readonly code: string; readonly meaning: string }[];
  /** What is said about exit codes in whole sentences. */
  readonly exitNotes: readonly string[];
}

const INDENT = '  ';
const EXIT = /^Exit codes?:? /;

function isIndented(paragraph: string): boolean {
  return paragraph.split('\n').every((line) => line.startsWith(INDENT));
}

function unindented(paragraph: string): readonly string[] {
  return paragraph.split('\n').map((line) => line.slice(INDENT.length));
}

function namesCommand(paragraph: string): boolean {
  return /\bvault(?:-peer)? [a-z]/.test(paragraph);
}

function filled(paragraph: string): string {
  return paragraph.replaceAll(/\s+/g, ' ').trim();
}

/** "Exit codes: 0 done; 3 some files could not be read. When both ..." as rows and the sentences behind them. */
function exitParts(paragraph: string): Pick<HelpParts, 'exitCodes' | 'exitNotes'> {
  const text = filled(paragraph);
  if (!/^Exit codes: \d/.test(text)) return { exitCodes: [], exitNotes: [text] };
  const [, list = '', rest = ''] = /^Exit codes: (.*?)(?:\. (.*)|\.?)$/.exec(text) ?? [];
  const exitCodes = list.split(/; (?=\d+ )/).map((row) => {
    const space = row.indexOf(' ');
    return { code: row.slice(0, space), meaning: row.slice(space + 1) };
  });
  return { exitCodes, exitNotes: rest === '' ? [] : [rest] };
}

export function helpParts({ details }: Pick<CommandSpec, 'details'>): HelpParts {
  const paragraphs = details
    .replace(/^\n+/, '')
    .trimEnd()
    .split(/\n{2,}/)
    .filter((paragraph) => paragraph !== '');
  const isExample = (paragraph: string): boolean => isIndented(paragraph) && namesCommand(paragraph);
  const exits = paragraphs.filter((paragraph) => EXIT.test(paragraph)).map(exitParts);
  return {
    description: paragraphs
      .filter((paragraph) => !EXIT.test(paragraph) && !isExample(paragraph))
      .map((paragraph) =>
        isIndented(paragraph)
          ? { text: unindented(paragraph).join('\n'), table: true }
          : { text: filled(paragraph), table: false },
      ),
    examples: paragraphs.filter(isExample).map(unindented),
    exitCodes: exits.flatMap(({ exitCodes }) => exitCodes),
    exitNotes: exits.flatMap(({ exitNotes }) => exitNotes),
  };
}
