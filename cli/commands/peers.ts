/** `vault peers`: the ranking that placement rests on, and why a peer is left out (P1). */
import { whileWorking } from '../printers/long-work.ts';
import { printPeers } from '../printers/peers.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { noPositionals, withVault } from './vault-options.ts';

interface PeersPlan {
  readonly all: true;
}

export const peers: CommandSpec = defineCommand<PeersPlan>({
  name: 'peers',
  summary: 'rank the storage peers, with the reason for each that is left out',
  usage: '',
  options: [],
  details: `
Latency is measured from here, free space is what a peer says it still accepts; both weigh one half, each as a rank among the
candidates. A star marks the peers that already hold chunks of this vault. Peers on this machine, full ones and those
that do not answer are left out, with the reason.`,
  parse: (args: Arguments) => {
    noPositionals(args, 'peers');
    return { all: true };
  },
  run: (_plan, session) =>
    withVault(session, async (vault) => {
      printPeers(
        session,
        await whileWorking(session, 'asking the peers', vault.peers({ signal: session.signal })),
      );
      return 0;
    }),
});
