/** `vault schedule run`: a schedule's backup here and now. */
import { printRun } from '../printers/schedule-log.ts';
import { type CommandSpec, defineCommand } from '../terminal/command.ts';
import { nameOf, PEER_OPTION, type PeerOfPlan, parsePeer, schedulesOf } from './schedule-options.ts';

interface ScheduleRunPlan extends PeerOfPlan {
  readonly name: string;
}

const FAILED = 1;
const INTERRUPTED = 130;

export const scheduleRun: CommandSpec = defineCommand<ScheduleRunPlan>({
  name: 'schedule run',
  summary: 'run a schedule now, whatever the clock says',
  usage: 'NAME [--peer DIR]',
  options: [PEER_OPTION],
  details: `
The same as when it is due: the command before, the backup, the policy, the command after, and an entry in the log. It asks for no passphrase,
and needs no running peer on this machine. Also while schedules are paused and on battery. Ends as the backup did.`,
  parse: (args) => ({ ...parsePeer(args), name: nameOf(args, 'schedule run') }),
  run: async ({ name, ...plan }, session) => {
    const schedules = await schedulesOf(session, plan);
    const run = await schedules.run(name, session.signal);
    printRun(session, name, run);
    if (run.outcome === 'done') return run.exitCode ?? 0;
    return run.outcome === 'stopped' ? INTERRUPTED : run.exitCode || FAILED;
  },
});
