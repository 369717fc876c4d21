/** `vault key add`: one more passphrase that opens this vault on this machine. */
import { printKeyChange } from '../printers/keys.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import {
  keyringOf,
  NEW_KEY_OPTIONS,
  NEW_KEY_SOURCES,
  type NewKeyPlan,
  newPassphraseOf,
  parseNewKey,
} from './key-options.ts';
import { noPositionals } from './vault-options.ts';

export const keyAdd: CommandSpec = defineCommand<NewKeyPlan>({
  name: 'key add',
  summary: 'add a passphrase that opens this vault on this machine',
  usage: '[--label TEXT] [--new-password-file FILE]',
  options: NEW_KEY_OPTIONS,
  details: `
The vault then opens with the new passphrase as well as with the old ones; take one away with "vault key remove". ${NEW_KEY_SOURCES}

  vault key add --label "backup script" --new-password-file ~/.vault-passphrase`,
  parse: (args: Arguments) => {
    noPositionals(args, 'key add');
    return parseNewKey(args);
  },
  run: async (plan, session) => {
    const keyring = await keyringOf(session);
    const passphrase = await newPassphraseOf(session, plan);
    const { label } = plan;
    printKeyChange(
      session,
      'key_added',
      await keyring.add({ passphrase, ...(label === undefined ? {} : { label }) }),
    );
    return 0;
  },
});
