/** `vault copy`: takes snapshots of another vault of this machine into this one. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { type CopyOptions, copySnapshots, requireVault, VaultError } from '../../src/index.ts';
import { copyPrinter } from '../printers/copy.ts';
import { sentExitCode } from '../printers/problems.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { LIMIT_OPTIONS } from '../terminal/limits.ts';
import { passphraseFrom, passphraseOf } from '../terminal/passphrase.ts';
import type { Session } from '../terminal/session.ts';
import { SELECTION_OPTIONS, selectionOf } from './selection-options.ts';
import { homeOf, listeners, requiredValue } from './vault-options.ts';

interface CopyPlan extends Omit<CopyOptions, 'from' | 'to' | 'signal' | 'onProgress'> {
  readonly fromHome: string;
  readonly passwordFile?: string;
  readonly passwordCommand?: string;
}

const FILE = 'from-password-file';
const COMMAND = 'from-password-command';

function parseCopy(args: Arguments): CopyPlan {
  const fromHome = requiredValue(args, 'from-home', 'vault copy --from-home ~/.config/other-vault latest');
  const passwordFile = args.value(FILE);
  const passwordCommand = args.value(COMMAND);
  if (passwordFile !== undefined && passwordCommand !== undefined)
    throw new VaultError('usage', `--${FILE} and --${COMMAND} at once`, {
      hint: 'Say once where the passphrase of the other vault comes from.',
    });
  return {
    fromHome: path.resolve(fromHome),
    ...(passwordFile === undefined ? {} : { passwordFile }),
    ...(passwordCommand === undefined ? {} : { passwordCommand }),
    dryRun: args.has('dry-run'),
    ...(args.positionals.length > 0 ? { snapshots: args.positionals } : {}),
    ...selectionOf(args),
  };
}

/** Of the folder behind links, so that one that is named twice is seen to be one. Throws 'no-vault'. */
async function homeAt(folder: string): Promise<string> {
  await requireVault(folder);
  return realpath(folder);
}

function passphraseOfSource({ passwordFile, passwordCommand }: CopyPlan, session: Session): Promise<string> {
  return passphraseFrom(session, {
    variable: 'VAULT_FROM_PASSWORD',
    question: 'Passphrase of the vault to copy from',
    isNew: false,
    file: passwordFile === undefined ? undefined : { option: `--${FILE}`, path: passwordFile },
    command: passwordCommand === undefined ? undefined : { option: `--${COMMAND}`, line: passwordCommand },
  });
}

async function run(plan: CopyPlan, session: Session): Promise<number> {
  const { fromHome, passwordFile: _file, passwordCommand: _command, ...wishes } = plan;
  const to = await homeAt(homeOf(session));
  const from = await homeAt(fromHome);
  const heard = listeners(session);
  const passphrase = await passphraseOf(session, false);
  const options: CopyOptions = {
    ...wishes,
    to: { home: to, passphrase, ...heard },
    from: {
      home: from,
      passphrase: from === to ? passphrase : await passphraseOfSource(plan, session),
      ...heard,
    },
    signal: session.signal,
  };
  const printer = copyPrinter(session);
  return sentExitCode(await printer.during((onProgress) => copySnapshots({ ...options, onProgress })));
}

export const copy: CommandSpec = defineCommand<CopyPlan>({
  name: 'copy',
  summary: 'copy snapshots from another vault into this one',
  usage: '--from-home DIR [options] [SNAPSHOT...]',
  options: [
    { name: 'from-home', value: 'DIR', about: 'home (VAULT_HOME) of the vault to copy from' },
    { name: FILE, value: 'FILE', about: 'its passphrase' },
    { name: COMMAND, value: 'CMD', about: 'a shell command that prints its passphrase' },
    { name: 'dry-run', short: 'n', about: 'only say which snapshots would be copied' },
    ...SELECTION_OPTIONS,
    ...LIMIT_OPTIONS,
  ],
  details: `
Copies snapshots of the vault in DIR into the vault of VAULT_HOME, which has other keys: everything is read, opened, sealed again and
sent. Without SNAPSHOT all, or those that --host, --tag and --path say. The passphrase of the other vault comes from the options, from
VAULT_FROM_PASSWORD, VAULT_FROM_PASSWORD_FILE or VAULT_FROM_PASSWORD_COMMAND, else it is asked.

A copy keeps time, host, user, paths and tags, and names the snapshot it was made from ("original"). What has been copied already is
skipped, also when its copy was tagged or rewritten here since; a copy that was forgotten here is made again. What this vault has of the
contents is not sent again. Of a snapshot whose host and paths were copied before only what has changed is read.

Interrupted or killed: run it again, what was sent is used. A snapshot that cannot be read is told and not copied, the others are.

Exit codes: 0 done; 12 wrong passphrase of either; 20 too few peers, no snapshot more was copied; 21 done, but on fewer copies than
asked; 23 nobody answers, or some snapshots cannot be read now; 24 some have lost content.

  vault copy --from-home ~/.config/old-vault --from-password-file ~/old-passphrase
  vault copy --from-home /srv/vault --host web --tag monthly --dry-run`,
  afterInterrupt:
    'Run the same command again: what was sent is used, and snapshots that were copied are skipped.',
  parse: parseCopy,
  run,
});
