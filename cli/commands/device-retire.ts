/** `vault device retire`: a machine writes no more; this one takes over its snapshots. */

import { VaultError } from '../../src/index.ts';
import { printRetired } from '../printers/devices.ts';
import { whileWorking } from '../printers/long-work.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { LIMIT_OPTIONS } from '../terminal/limits.ts';
import { withVault } from './vault-options.ts';

interface DeviceRetirePlan {
  readonly device: string;
}

export function parseDeviceRetire(args: Arguments): DeviceRetirePlan {
  const [device, extra] = args.positionals;
  if (device === undefined) {
    throw new VaultError('usage', 'name the device to retire', {
      hint: '"vault device list" shows the ids; the beginning of one is enough.',
    });
  }
  if (extra !== undefined) throw new VaultError('usage', `one device at a time; "${extra}" is too much`);
  return { device };
}

export const deviceRetire: CommandSpec = defineCommand<DeviceRetirePlan>({
  name: 'device retire',
  summary: 'end a machine that will not back up again, and take over its snapshots',
  usage: 'DEVICE',
  options: LIMIT_OPTIONS,
  details: `
DEVICE is an id, the beginning of one, or a name from "vault device list". Nothing is deleted: this machine takes over its snapshots, and can forget
them later as its own. The holders then refuse whatever the retired machine still writes, so retire a machine that was stolen or sold. This
cannot be taken back; if the machine lives after all, "vault recover" makes it a new device.

  vault device retire old-laptop`,
  parse: parseDeviceRetire,
  run: ({ device }, session) =>
    withVault(session, async (vault) => {
      printRetired(
        session,
        await whileWorking(
          session,
          'taking over its snapshots',
          vault.retireDevice({ device, signal: session.signal }),
        ),
      );
      return 0;
    }),
});
