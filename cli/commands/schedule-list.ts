/** `vault schedule list`: what is backed up when, and how it went. */
import { printSchedules } from '../printers/schedules.ts';
import { type CommandSpec, defineCommand } from '../terminal/command.ts';
import { PEER_OPTION, type PeerOfPlan, parsePeer, schedulesOf } from './schedule-options.ts';
import { noPositionals } from './vault-options.ts';

export const scheduleList: CommandSpec = defineCommand<PeerOfPlan>({
  name: 'schedule list',
  summary: 'list the schedules of this machine, their last run and their next',
  usage: '[--peer DIR]',
  options: [PEER_OPTION],
  details: 'Says also whether the peer runs that would run them, and whether they are paused.',
  parse: (args) => {
    noPositionals(args, 'schedule list');
    return parsePeer(args);
  },
  run: async (plan, session) => {
    printSchedules(session, await (await schedulesOf(session, plan)).report());
    return 0;
  },
});
