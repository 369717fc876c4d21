/** `vault key remove`: a passphrase opens this vault no more. */
import { VaultError } from '../../src/index.ts';
import { printKeyChange } from '../printers/keys.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { keyringOf } from './key-options.ts';

interface KeyRemovePlan {
  readonly key: string;
}

function parseKeyRemove(args: Arguments): KeyRemovePlan {
  const [key, extra] = args.positionals;
  if (key === undefined) {
    throw new VaultError('usage', 'name the key to remove', {
      hint: '"vault key list" shows the ids; the beginning of one is enough.',
    });
  }
  if (extra !== undefined) throw new VaultError('usage', `one key at a time; "${extra}" is too much`);
  return { key };
}

export const keyRemove: CommandSpec = defineCommand<KeyRemovePlan>({
  name: 'key remove',
  summary: 'remove a passphrase',
  usage: 'KEY',
  options: [],
  details: `
KEY is an id, the beginning of one, or a label from "vault key list". The key that opens the vault for this command cannot be removed, so one always
stays. A copy of VAULT_HOME that somebody took before still opens with the removed passphrase.

  vault key remove 4f1c2a90`,
  parse: parseKeyRemove,
  run: async ({ key }, session) => {
    printKeyChange(session, 'key_removed', await (await keyringOf(session)).remove(key));
    return 0;
  },
});
