/** `vault schedule log`: the runs of a schedule, and its alarms. */
import { VaultError } from '../../src/index.ts';
import { printLog } from '../printers/schedule-log.ts';
import { type CommandSpec, defineCommand } from '../terminal/command.ts';
import { optionalNameOf, PEER_OPTION, type PeerOfPlan, parsePeer, schedulesOf } from './schedule-options.ts';

interface ScheduleLogPlan extends PeerOfPlan {
  readonly name?: string;
  readonly last: number;
}

const DEFAULT_LAST = 20;

export const scheduleLog: CommandSpec = defineCommand<ScheduleLogPlan>({
  name: 'schedule log',
  summary: 'show the runs of a schedule: begin, end, result, errors',
  usage: '[NAME] [--last N]',
  options: [
    { name: 'last', value: 'N', about: `so many runs (default: ${DEFAULT_LAST}; 200 are kept)` },
    PEER_OPTION,
  ],
  details: `
The newest comes last. A backup that was not begun because the command before it failed is there too, and a run in whose middle the peer or the
machine went off ("died"). NAME may be left out when there is one schedule.`,
  parse: (args) => {
    const name = optionalNameOf(args, 'schedule log');
    const last = args.value('last') ?? String(DEFAULT_LAST);
    if (!/^[1-9]\d{0,5}$/.test(last)) {
      throw new VaultError('usage', `--last takes a number of at least 1, not "${last}"`);
    }
    return { ...parsePeer(args), ...(name === undefined ? {} : { name }), last: Number(last) };
  },
  run: async (plan, session) => {
    printLog(session, await (await schedulesOf(session, plan)).info(plan.name), plan.last);
    return 0;
  },
});
