/** Options that the peer's commands share, and their checks. */
import path from 'node:path';
import type { Arguments, OptionSpec } from '../../cli/terminal/command.ts';
import type { Session } from '../../cli/terminal/session.ts';
import {
  formatBytes,
  type NewPeer,
  type NewPeerOptions,
  parseBytes,
  peerHomeFolder,
  VaultError,
} from '../../src/index.ts';

export const DATA_OPTION: OptionSpec = {
  name: 'data',
  value: 'DIR',
  about: "folder of this peer (default: VAULT_PEER_HOME, else the platform's data folder)",
};

export const NEW_PEER_OPTIONS: readonly OptionSpec[] = [
  { name: 'name', value: 'N', about: 'what people call this peer (default: the host name)' },
  {
    name: 'capacity',
    value: 'SIZE',
    about: 'most it keeps, like 200GiB (default: 50GiB, or 90% of the free disk if less)',
  },
  { name: 'zone', value: 'Z', about: 'what fails together with it: a house, a rack (default: this host)' },
  {
    name: 'listen',
    value: 'MULTIADDR',
    multiple: true,
    about:
      'may be repeated; tcp/0 picks a free port (default: all interfaces, port 4150 or the next free one)',
  },
  DATA_OPTION,
];

/** A peer to be made; the folder is decided when it runs, because the environment may name it. */
export interface NewPeerPlan {
  readonly data?: string;
  readonly wishes: Omit<NewPeerOptions, 'folder'>;
}

export function parseNewPeer(args: Arguments): NewPeerPlan {
  const name = args.value('name');
  const zone = args.value('zone');
  const capacity = args.value('capacity');
  const data = args.value('data');
  return {
    ...(data === undefined ? {} : { data }),
    wishes: {
      ...(name === undefined ? {} : { name }),
      ...(zone === undefined ? {} : { zone }),
      ...(capacity === undefined ? {} : { capacityBytes: parseBytes(capacity) }),
      listen: args.values('listen'),
    },
  };
}

export function noPositionals(args: Arguments, command: string): void {
  const first = args.positionals[0];
  if (first === undefined) return;
  throw new VaultError('usage', `"vault-peer ${command}" takes no "${first}"`, {
    hint: `See "vault-peer help ${command}".`,
  });
}

export function folderOf(session: Session, data: string | undefined): string {
  return data === undefined ? peerHomeFolder({ env: session.terminal.env }) : path.resolve(data);
}

export function printNewPeer(
  session: Session,
  plan: NewPeerPlan,
  peer: NewPeer,
  made: 'initialized' | 'joined',
): void {
  const { settings } = peer;
  session.emit({
    message_type: made,
    peer_id: peer.peerId,
    name: settings.name,
    zone: settings.zone,
    capacity_bytes: settings.capacityBytes,
    listen: settings.listen,
    data: peer.folder,
    ticket: peer.ticket,
  });
  session.tell(`peer      ${peer.peerId}`);
  session.tell(`name      ${settings.name}, zone ${settings.zone}`);
  const why =
    plan.wishes.capacityBytes === undefined ? ' (50 GiB or 90% of the free disk, whichever is lower)' : '';
  session.tell(`capacity  ${formatBytes(settings.capacityBytes)}${why}`);
  session.tell(`listens   ${settings.listen.join(', ')}`);
  session.tell(`data      ${peer.folder}`);
  session.tell('');
  session.tell(
    made === 'initialized'
      ? 'A new mesh. Who has this ticket can join it; keep it like a key:'
      : 'Joined. A ticket with this peer in it; keep it like a key:',
  );
  session.print(peer.ticket);
  session.tell('');
  session.tell('Start it with "vault-peer run".');
}
