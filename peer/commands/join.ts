/** `vault-peer join`: an identity in the mesh of a ticket. */
import { type CommandSpec, defineCommand } from '../../cli/terminal/command.ts';
import { readText } from '../../cli/terminal/text-input.ts';
import { joinPeer, VaultError } from '../../src/index.ts';
import { folderOf, NEW_PEER_OPTIONS, type NewPeerPlan, parseNewPeer, printNewPeer } from './peer-options.ts';

interface JoinPlan extends NewPeerPlan {
  readonly ticket: string;
}

export const join: CommandSpec = defineCommand<JoinPlan>({
  name: 'join',
  summary: 'make an identity in an existing mesh',
  usage: 'TICKET [--name N] [--capacity 50GiB] [--zone Z] [--listen MULTIADDR]... [--data DIR]',
  options: NEW_PEER_OPTIONS,
  details: `
TICKET is the string that "vault-peer init" or "vault-peer ticket" prints, @FILE for a file that holds it, or - for standard input.

  vault-peer join @ticket.txt --name nas --zone friends-house --capacity 200GiB`,
  parse: (args) => {
    const [ticket, extra] = args.positionals;
    if (ticket === undefined) {
      throw new VaultError('usage', 'the ticket is missing', {
        hint: 'For example: vault-peer join @ticket.txt',
      });
    }
    if (extra !== undefined) throw new VaultError('usage', `one ticket only; "${extra}" is too much`);
    return { ...parseNewPeer(args), ticket };
  },
  run: async (plan, session) => {
    const ticket = await readText(session, plan.ticket, 'the ticket');
    const peer = await joinPeer({ ...plan.wishes, ticket, folder: folderOf(session, plan.data) });
    printNewPeer(session, plan, peer, 'joined');
    return 0;
  },
});
