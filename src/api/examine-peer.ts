/** The peer that this machine has, as `vault doctor` sees it: does it run, and does its port answer? */
import { connect } from 'node:net';
import type { FolderFacts, OwnPeerFacts } from '../policy/diagnose.ts';
import { folderFacts } from './folder-facts.ts';
import { peerExists } from './peer-folder.ts';
import { peerStatus } from './peer-status.ts';

const CONNECT_MS = 3000;

function portOf(addresses: readonly string[]): number | undefined {
  const ports = addresses.flatMap(
    (address) => /^\/ip[46]\/[^/]+\/tcp\/(\d+)\/p2p\//.exec(address)?.[1] ?? [],
  );
  return ports[0] === undefined ? undefined : Number(ports[0]);
}

/** From this machine: a firewall between it and others is not seen. */
function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: CONNECT_MS });
    const end = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}

/** `undefined` when `folder` holds no peer. */
export async function examinePeer(
  folder: string,
): Promise<{ readonly folder: FolderFacts; readonly peer: OwnPeerFacts } | undefined> {
  if (!(await peerExists(folder))) return undefined;
  const report = await peerStatus(folder);
  const port = portOf(report.addresses);
  return {
    folder: await folderFacts('peer', folder, ['peer.json']),
    peer: {
      name: report.settings.name,
      running: report.running,
      addresses: report.addresses,
      freeBytes: report.freeBytes,
      ...(report.running && port !== undefined ? { portOpen: await takesConnections(port) } : {}),
      ...(report.peersConnected === undefined ? {} : { peersConnected: report.peersConnected }),
    },
  };
}
