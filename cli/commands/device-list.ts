/** `vault device list`: the machines that write to this vault. */

import { printDevices } from '../printers/devices.ts';
import { whileWorking } from '../printers/long-work.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { noPositionals, withVault } from './vault-options.ts';

interface DeviceListPlan {
  readonly all: true;
}

export const deviceList: CommandSpec = defineCommand<DeviceListPlan>({
  name: 'device list',
  summary: 'list the machines that write to this vault',
  usage: '',
  options: [],
  details: `
A machine becomes a device of the vault by "vault init" or "vault recover". Each writes its own log; all see all snapshots. The chunks and bytes of a
device are what its own snapshots need, so what two devices share is counted with both.`,
  parse: (args: Arguments) => {
    noPositionals(args, 'device list');
    return { all: true };
  },
  run: (_plan, session) =>
    withVault(session, async (vault) => {
      printDevices(
        session,
        await whileWorking(session, 'reading the logs', vault.devices({ signal: session.signal })),
      );
      return 0;
    }),
});
