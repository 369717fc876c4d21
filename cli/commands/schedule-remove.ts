/** `vault schedule remove`: no more backups of it; the snapshots stay. */
import { printRemoved } from '../printers/schedules.ts';
import { type CommandSpec, defineCommand } from '../terminal/command.ts';
import { nameOf, PEER_OPTION, type PeerOfPlan, parsePeer, schedulesOf } from './schedule-options.ts';

interface ScheduleRemovePlan extends PeerOfPlan {
  readonly name: string;
}

export const scheduleRemove: CommandSpec = defineCommand<ScheduleRemovePlan>({
  name: 'schedule remove',
  summary: 'end a schedule; its snapshots stay',
  usage: 'NAME [--peer DIR]',
  options: [PEER_OPTION],
  details: `
A run under way is stopped. The file with its passphrase and its log are deleted; the key that it opened is of no use to anybody then, and "vault key
remove" takes it off the list.`,
  parse: (args) => ({ ...parsePeer(args), name: nameOf(args, 'schedule remove') }),
  run: async ({ name, ...plan }, session) => {
    printRemoved(session, name, await (await schedulesOf(session, plan)).remove(name, session.signal));
    return 0;
  },
});
