/** `vault key list`: the passphrases that open this vault on this machine. */
import { printKeys } from '../printers/keys.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { keyringOf } from './key-options.ts';
import { noPositionals } from './vault-options.ts';

interface KeyListPlan {
  readonly all: true;
}

export const keyList: CommandSpec = defineCommand<KeyListPlan>({
  name: 'key list',
  summary: 'list the passphrases that open this vault on this machine',
  usage: '',
  options: [],
  details: `
A vault can be opened by several passphrases, each a key with an id: one for you, one for the backup script, one in an envelope. They belong to
this machine's VAULT_HOME; another machine has its own. The star marks the one that was used just now.`,
  parse: (args: Arguments) => {
    noPositionals(args, 'key list');
    return { all: true };
  },
  run: async (_plan, session) => {
    printKeys(session, await (await keyringOf(session)).list());
    return 0;
  },
});
