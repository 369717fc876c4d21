/** `vault-peer init`: an identity and a new mesh. */
import { type CommandSpec, defineCommand } from '../../cli/terminal/command.ts';
import { initPeer } from '../../src/index.ts';
import {
  folderOf,
  NEW_PEER_OPTIONS,
  type NewPeerPlan,
  noPositionals,
  parseNewPeer,
  printNewPeer,
} from './peer-options.ts';

export const init: CommandSpec = defineCommand<NewPeerPlan>({
  name: 'init',
  summary: 'make an identity and a new mesh, print its ticket',
  usage: '[--name N] [--capacity 50GiB] [--zone Z] [--listen MULTIADDR]... [--data DIR]',
  options: NEW_PEER_OPTIONS,
  details: `
For the first machine of a mesh. Every other one joins with the ticket that is printed, and "vault init" takes the same ticket. Give each
place its own --zone: two copies never go into one zone while another has room.

  vault-peer init --name home --zone home --capacity 500GiB`,
  parse: (args) => {
    noPositionals(args, 'init');
    return parseNewPeer(args);
  },
  run: async (plan, session) => {
    const peer = await initPeer({ ...plan.wishes, folder: folderOf(session, plan.data) });
    printNewPeer(session, plan, peer, 'initialized');
    return 0;
  },
});
