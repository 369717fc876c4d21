/** `vault key passwd`: another passphrase in the place of the one that was used. */
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

export const keyPasswd: CommandSpec = defineCommand<NewKeyPlan>({
  name: 'key passwd',
  summary: 'change the passphrase',
  usage: '[--label TEXT] [--new-password-file FILE]',
  options: NEW_KEY_OPTIONS,
  details: `
Replaces the passphrase that you give first by a new one, in one step: whatever happens meanwhile, the vault opens with the one or the other. Other
keys stay as they are. ${NEW_KEY_SOURCES}

A copy of VAULT_HOME that somebody took before still opens with the old passphrase. Who may know it and have such a copy has the vault's secret: then
make a new vault.`,
  parse: (args: Arguments) => {
    noPositionals(args, 'key passwd');
    return parseNewKey(args);
  },
  run: async (plan, session) => {
    const keyring = await keyringOf(session);
    const passphrase = await newPassphraseOf(session, plan);
    const { label } = plan;
    const key = await keyring.changePassphrase({ passphrase, ...(label === undefined ? {} : { label }) });
    printKeyChange(session, 'key_changed', key);
    return 0;
  },
});
