/** `vault device add`: an invitation for another machine, with fewer rights than this one. */
import { type DeviceRole, VaultError } from '../../src/index.ts';
import { printInvited } from '../printers/devices.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { passphraseFrom } from '../terminal/passphrase.ts';
import { writePrivateFile } from '../terminal/private-file.ts';
import type { Session } from '../terminal/session.ts';
import { withVault } from './vault-options.ts';

interface DeviceAddPlan {
  readonly name: string;
  readonly role: Exclude<DeviceRole, 'full'>;
  readonly replaces?: string;
  /** Absent: printed. */
  readonly output?: string;
}

function parseDeviceAdd(args: Arguments): DeviceAddPlan {
  const [name, extra] = args.positionals;
  if (name === undefined || name === '') {
    throw new VaultError('usage', 'name the new device', {
      hint: 'For example: vault device add web1 --role append-only --output web1.invitation',
    });
  }
  if (extra !== undefined) throw new VaultError('usage', `one device at a time; "${extra}" is too much`);
  const role = args.value('role');
  if (role !== 'append-only' && role !== 'keeper') {
    throw new VaultError(
      'usage',
      role === undefined ? '--role is missing' : '--role takes append-only or keeper',
      {
        hint: 'A full device is made with "vault recover" and the 24 words.',
      },
    );
  }
  const [replaces, output] = [args.value('replaces'), args.value('output')];
  return {
    name,
    role,
    ...(replaces === undefined ? {} : { replaces }),
    ...(output === undefined ? {} : { output }),
  };
}

async function run({ output, ...plan }: DeviceAddPlan, session: Session): Promise<number> {
  return withVault(session, async (vault) => {
    const passphrase = await passphraseFrom(session, {
      variable: 'VAULT_INVITATION_PASSWORD',
      question: 'Passphrase of the invitation',
      isNew: true,
    });
    const device = await vault.inviteDevice({ ...plan, passphrase, signal: session.signal });
    if (output !== undefined) await writePrivateFile(output, `${device.invitation}\n`);
    printInvited(session, device, output);
    return 0;
  });
}

export const deviceAdd: CommandSpec = defineCommand<DeviceAddPlan>({
  name: 'device add',
  summary: 'invite a machine that may only add backups, or only look after them',
  usage: 'NAME --role append-only|keeper [--output FILE] [--replaces DEVICE]',
  options: [
    {
      name: 'role',
      value: 'ROLE',
      about: 'append-only: adds backups, reads its own, takes nothing away; keeper: checks and repairs',
    },
    { name: 'output', short: 'o', value: 'FILE', about: 'write the invitation there (default: print it)' },
    {
      name: 'replaces',
      value: 'DEVICE',
      about: 'go on with the backups of this append-only device, which you retire afterwards',
    },
  ],
  details: `
An append-only device backs up and restores what it backed up itself. It cannot forget, drop or retire anything, not even after the holders' 14
days; nor read what other devices backed up. For servers and laptops that may fall into wrong hands. What it sends is not shared with other
devices: the same file on both is stored twice. Its space comes free when it is retired, and the device that retires it forgets and prunes.

A keeper has no key to any content. It sees which chunks there are and on which holders, counts them (vault status), reads them back and compares
(vault check --read-data), and makes missing copies (vault repair). For a machine that is always on, at home or at a friend's.

The invitation holds the new device's key. It is sealed by a passphrase of its own, asked twice, or taken from VAULT_INVITATION_PASSWORD,
VAULT_INVITATION_PASSWORD_FILE or VAULT_INVITATION_PASSWORD_COMMAND: tell it by another way than the invitation. It serves one machine, once; "vault
device retire NAME" makes one that was not used worthless.

  vault device add web1 --role append-only --output web1.invitation
  vault recover --invitation @web1.invitation       on the other machine`,
  parse: parseDeviceAdd,
  run,
});
