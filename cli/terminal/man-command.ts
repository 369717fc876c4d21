/** `man`, the same in both programs: prints a manual page, or writes all of them into a folder. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { VaultError } from '../../src/index.ts';
import { type Arguments, type CommandSpec, defineCommand, type Program } from './command.ts';
import { type ManPage, manPages, pageName } from './man-page.ts';
import type { Session } from './session.ts';
import { suggest } from './suggest.ts';
import { version } from './version.ts';

interface ManPlan {
  /** Words of a command; none for the program's own page. */
  readonly command: string;
  readonly folder?: string;
}

function parseMan(args: Arguments): ManPlan {
  const folder = args.value('output');
  const command = args.positionals.join(' ');
  if (folder === undefined) return { command };
  if (command === '') return { command, folder };
  throw new VaultError('usage', `--output writes all pages; "${command}" is too much`);
}

function pageOf(program: Program, command: string): ManPage {
  const pages = manPages(program, version());
  const wanted = command === '' ? program.name : pageName(program.name, command);
  const page = pages.find(({ name }) => name === wanted);
  if (page) return page;
  const near = suggest(
    command,
    program.commands.map(({ name }) => name),
  );
  throw new VaultError('usage', `there is no command "${command}"`, {
    hint:
      near === undefined
        ? `"${program.name} help" lists the commands.`
        : `Did you mean "${program.name} man ${near}"?`,
  });
}

async function writePages(program: Program, folder: string, session: Session): Promise<void> {
  const pages = manPages(program, version());
  try {
    await mkdir(folder, { recursive: true });
    for (const { name, text } of pages) {
      const file = path.join(folder, `${name}.1`);
      await writeFile(file, text);
      session.emit({ message_type: 'man', name, file });
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new VaultError('target-unwritable', `cannot write manual pages into ${folder}: ${why}`, { cause });
  }
  session.tell(`${pages.length} manual pages in ${folder}`);
}

/** `program` is asked when the command runs, as it has this command in it. */
export function manCommand(name: string, program: () => Program): CommandSpec {
  return defineCommand<ManPlan>({
    name: 'man',
    summary: 'print a manual page, or write all of them into a folder',
    usage: '[COMMAND] | --output DIR',
    options: [
      { name: 'output', value: 'DIR', about: 'write the pages of all commands there, over older ones' },
    ],
    details: `
The pages say what the help says; npm installs them with the package where it is installed for all users (npm install -g). Anywhere else, a folder
"man1" below one of those that "manpath" names is the place for them.

  ${name} man | man -l -
  ${name} man --output ~/.local/share/man/man1`,
    parse: parseMan,
    run: async ({ command, folder }, session) => {
      if (folder !== undefined) {
        await writePages(program(), folder, session);
        return 0;
      }
      const page = pageOf(program(), command);
      session.emit({ message_type: 'man', name: page.name, text: page.text });
      session.print(page.text.trimEnd());
      return 0;
    },
  });
}
