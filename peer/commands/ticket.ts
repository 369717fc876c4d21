/** `vault-peer ticket`: an invitation to this peer's mesh. */
import { type CommandSpec, defineCommand } from '../../cli/terminal/command.ts';
import { peerTicket } from '../../src/index.ts';
import { DATA_OPTION, folderOf, noPositionals } from './peer-options.ts';

interface TicketPlan {
  readonly data?: string;
}

export const ticket: CommandSpec = defineCommand<TicketPlan>({
  name: 'ticket',
  summary: 'print an invitation to the mesh',
  usage: '[--data DIR]',
  options: [DATA_OPTION],
  details: `
One line with the mesh's secret, the addresses of this peer and of up to eight others. Whoever has it can join the mesh and use its
space, but read nobody's backups.`,
  parse: (args) => {
    noPositionals(args, 'ticket');
    const data = args.value('data');
    return data === undefined ? {} : { data };
  },
  run: async (plan, session) => {
    const text = await peerTicket(folderOf(session, plan.data));
    session.emit({ message_type: 'ticket', ticket: text });
    session.print(text);
    return 0;
  },
});
