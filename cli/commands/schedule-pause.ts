/** `vault schedule pause` and `resume`: no scheduled backup for a while. */
import { parseDuration } from '../../src/index.ts';
import { printPause } from '../printers/schedules.ts';
import { type CommandSpec, defineCommand } from '../terminal/command.ts';
import { optionalNameOf, PEER_OPTION, type PeerOfPlan, parsePeer, schedulesOf } from './schedule-options.ts';
import { noPositionals } from './vault-options.ts';

interface SchedulePausePlan extends PeerOfPlan {
  readonly forMs?: number;
}

export const schedulePause: CommandSpec = defineCommand<SchedulePausePlan>({
  name: 'schedule pause',
  summary: 'begin no scheduled backup for a while, or until "resume"',
  usage: '[TIME] [--peer DIR]',
  options: [PEER_OPTION],
  details: `
For all schedules of the peer. A run under way goes on. What was due meanwhile runs once when the pause is over. Alarms for backups that do not
come are raised all the same.

  vault schedule pause 2h`,
  parse: (args) => {
    const time = optionalNameOf(args, 'schedule pause');
    return { ...parsePeer(args), ...(time === undefined ? {} : { forMs: parseDuration(time) }) };
  },
  run: async ({ forMs, ...plan }, session) => {
    printPause(session, await (await schedulesOf(session, plan)).pause(forMs));
    return 0;
  },
});

export const scheduleResume: CommandSpec = defineCommand<PeerOfPlan>({
  name: 'schedule resume',
  summary: 'end a pause',
  usage: '[--peer DIR]',
  options: [PEER_OPTION],
  details: 'What was due in the pause runs now, once.',
  parse: (args) => {
    noPositionals(args, 'schedule resume');
    return parsePeer(args);
  },
  run: async (plan, session) => {
    const was = await (await schedulesOf(session, plan)).resume();
    session.emit({ message_type: 'schedules_resumed', was_paused: was });
    session.tell(was ? 'Schedules run again.' : 'No schedule was paused.');
    return 0;
  },
});
