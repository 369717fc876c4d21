/** What the `vault schedule` commands share: whose schedules they are, and how one is named. */
import path from 'node:path';
import { openSchedules, peerHomeFolder, type Schedules, VaultError } from '../../src/index.ts';
import type { Arguments, OptionSpec } from '../terminal/command.ts';
import type { Session } from '../terminal/session.ts';
import { packageRoot } from '../terminal/version.ts';

export interface PeerOfPlan {
  /** Folder of the peer that runs the schedules. */
  readonly peer?: string;
}

export const PEER_OPTION: OptionSpec = {
  name: 'peer',
  value: 'DIR',
  about: "folder of the peer that runs them (default: VAULT_PEER_HOME, else the platform's data folder)",
};

export function parsePeer(args: Arguments): PeerOfPlan {
  const peer = args.value('peer');
  return peer === undefined ? {} : { peer: path.resolve(peer) };
}

/** Throws 'no-peer'. */
export async function schedulesOf(session: Session, { peer }: PeerOfPlan): Promise<Schedules> {
  const { env } = session.terminal;
  return openSchedules({
    folder: peer ?? peerHomeFolder({ env }),
    program: path.join(packageRoot(), 'cli', 'vault.mjs'),
    env,
  });
}

/** The one schedule that is named. Throws 'usage'. */
export function nameOf(args: Arguments, command: string): string {
  const name = optionalNameOf(args, command);
  if (name !== undefined) return name;
  throw new VaultError('usage', 'name a schedule', { hint: '"vault schedule list" shows those there are.' });
}

export function optionalNameOf(args: Arguments, command: string): string | undefined {
  const [name, extra] = args.positionals;
  if (extra === undefined) return name;
  throw new VaultError('usage', `"vault ${command}" takes no "${extra}"`, {
    hint: `See "vault help ${command}".`,
  });
}
