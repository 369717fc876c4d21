/** `vault schedule check`: did every backup come that was expected? For monitoring. */
import { BACKUP_OVERDUE } from '../exit-codes.ts';
import { printCheck } from '../printers/schedules.ts';
import { type CommandSpec, defineCommand } from '../terminal/command.ts';
import { PEER_OPTION, type PeerOfPlan, parsePeer, schedulesOf } from './schedule-options.ts';
import { noPositionals } from './vault-options.ts';

export const scheduleCheck: CommandSpec = defineCommand<PeerOfPlan>({
  name: 'schedule check',
  summary: 'say which expected backups have not come',
  usage: '[--peer DIR]',
  options: [PEER_OPTION],
  details: `
Ends with ${BACKUP_OVERDUE} when a schedule with --expect-every has had no backup for so long, and with 0 else. A backup counts that was stored, also without some
unreadable files or on fewer copies than asked. Needs no passphrase, no mesh and no running peer. The peer itself raises the alarm too (a warning, and
the command of --on-alarm), but not while it does not run: let something else call this, too.`,
  parse: (args) => {
    noPositionals(args, 'schedule check');
    return parsePeer(args);
  },
  run: async (plan, session) => {
    const report = await (await schedulesOf(session, plan)).report();
    printCheck(session, report);
    return report.schedules.some(({ lateMs }) => lateMs > 0) ? BACKUP_OVERDUE : 0;
  },
});
