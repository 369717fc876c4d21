/** What `vault doctor` concludes from what it has seen: pure, so that each rule is a line of a table (S1). */
import { formatBytes, formatDuration, MiB } from '../model/units.ts';

/** 'problem' matters: something is or will be lost, refused or unsafe. 'note' is worth knowing. */
export type FindingLevel = 'ok' | 'note' | 'problem';

export interface Finding {
  /** Stable name of the rule, for scripts. */
  readonly check: string;
  readonly level: FindingLevel;
  /** One sentence. */
  readonly message: string;
  /** What to do about it. */
  readonly advice?: string;
}

export interface FolderFacts {
  readonly what: 'vault' | 'peer';
  readonly folder: string;
  /** Files in it that other users of this machine may read. */
  readonly openToOthers: readonly string[];
  /** Why nothing can be written there; absent when it can. */
  readonly writeTrouble?: string;
  readonly freeBytes: number;
}

export interface PeerWord {
  readonly peer: string;
  readonly name: string;
  readonly zone: string;
  readonly holder: boolean;
  readonly answers: boolean;
  /** Why it takes nothing now, as the ranking says (P1). */
  readonly leftOut?: string;
  readonly latencyMs?: number;
  /** Its clock minus ours. */
  readonly skewMs?: number;
  readonly version: string;
}

export interface MeshFacts {
  /** Nobody answers, and why; then the rest is empty. */
  readonly trouble?: string;
  readonly peers: readonly PeerWord[];
  readonly version: string;
  readonly copiesTarget: number;
  readonly trialMesh: boolean;
  readonly chunks: number;
  readonly chunksShort: number;
  readonly chunksUnavailable: number;
  readonly chunksLost: number;
}

export interface OwnPeerFacts {
  readonly name: string;
  readonly running: boolean;
  /** Where it listens, as others can dial it. */
  readonly addresses: readonly string[];
  /** Whether its port takes a connection from this machine; absent while it is stopped. */
  readonly portOpen?: boolean;
  readonly peersConnected?: number;
  readonly freeBytes: number;
}

export interface DoctorFacts {
  readonly folders: readonly FolderFacts[];
  readonly mesh: MeshFacts;
  /** The peer that this machine has, if any. */
  readonly ownPeer?: OwnPeerFacts;
}

const LITTLE_BYTES: number = 256 * MiB;
const SKEW_MS = 5 * 60_000;
const SLOW_MS = 500;

function finding(level: FindingLevel, check: string, message: string, advice?: string): Finding {
  return { check, level, message, ...(advice === undefined ? {} : { advice }) };
}

export function diagnose({ folders, mesh, ownPeer }: DoctorFacts): readonly Finding[] {
  return [
    ...folders.flatMap(ofFolder),
    ...(ownPeer ? ofOwnPeer(ownPeer) : []),
    ...(mesh.trouble === undefined ? ofMesh(mesh) : [unreachable(mesh.trouble)]),
  ];
}

function ofFolder({ what, folder, openToOthers, writeTrouble, freeBytes }: FolderFacts): readonly Finding[] {
  const open = openToOthers.join(', ');
  const free = `${formatBytes(freeBytes)} free in ${folder}`;
  return [
    openToOthers.length === 0
      ? finding('ok', 'permissions', `only you can read the ${what}'s secrets in ${folder}`)
      : finding(
          'problem',
          'permissions',
          `other users of this machine can read ${open} in ${folder}`,
          `chmod 600 them, and chmod 700 ${folder}.`,
        ),
    writeTrouble === undefined
      ? finding('ok', 'writable', `${folder} can be written`)
      : finding(
          'problem',
          'writable',
          `${folder} cannot be written: ${writeTrouble}`,
          'Make room, mount it for writing, or give it back to the user who runs this program.',
        ),
    freeBytes < LITTLE_BYTES
      ? finding('problem', 'disk-space', `only ${free}`, 'Make room there.')
      : finding('ok', 'disk-space', free),
  ];
}

/** Addresses that only machines of the same network can dial. */
function isPrivate(address: string): boolean {
  return /^\/ip4\/(10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.|^\/ip6\/(::1|f[cd]|fe[89ab])/i.test(
    address,
  );
}

function ofOwnPeer(peer: OwnPeerFacts): readonly Finding[] {
  if (!peer.running) {
    return [
      finding(
        'problem',
        'own-peer',
        `the peer of this machine (${peer.name}) does not run`,
        'vault-peer run',
      ),
    ];
  }
  const found = [finding('ok', 'own-peer', `the peer of this machine (${peer.name}) runs`)];
  if (peer.portOpen === false) {
    found.push(
      finding(
        'problem',
        'port',
        'its port takes no connection',
        'Let it through the firewall, or restart it.',
      ),
    );
  }
  const direct = peer.addresses.filter((address) => !address.includes('/p2p-circuit'));
  if (direct.some((address) => !isPrivate(address))) {
    found.push(finding('ok', 'nat', 'it has a public address'));
  } else if (direct.length < peer.addresses.length) {
    found.push(
      finding('note', 'nat', 'from outside of its network it is reached through a relay only', OPEN_PORT),
    );
  } else {
    found.push(
      finding('note', 'nat', 'it has private addresses only: peers elsewhere cannot dial it', OPEN_PORT),
    );
  }
  if (peer.peersConnected === 0) {
    found.push(
      finding('problem', 'own-peer-alone', 'it has no connection to any other peer', 'See its log.'),
    );
  }
  return found;
}

const OPEN_PORT =
  'Forward its TCP port on the router (4150 unless you chose another), or switch UPnP on there.';

function unreachable(trouble: string): Finding {
  return finding(
    'problem',
    'reachability',
    `no peer of the mesh answers: ${trouble}`,
    'Check that this machine is online and that a peer runs; "vault-peer ticket" on a running one prints addresses that work.',
  );
}

function ofMesh(mesh: MeshFacts): readonly Finding[] {
  const answering = mesh.peers.filter(({ answers }) => answers);
  return [
    answering.length === 0
      ? unreachable('all are silent')
      : finding('ok', 'reachability', `${answering.length} of ${mesh.peers.length} peers answer`),
    ...mesh.peers.flatMap((peer) => ofPeer(peer, mesh)),
    ...ofClocks(answering),
    ...ofRoom(mesh),
    ...ofCopies(mesh),
  ];
}

function ofPeer(peer: PeerWord, { version }: MeshFacts): readonly Finding[] {
  const { name, answers, holder, leftOut, latencyMs = 0 } = peer;
  if (!answers) {
    return holder
      ? [
          finding(
            'problem',
            'holder-silent',
            `${name} keeps chunks of this vault and does not answer`,
            `Start it, or when it is gone for good: vault repair --lost ${name}`,
          ),
        ]
      : [finding('note', 'peer-silent', `${name} does not answer`)];
  }
  const found: Finding[] = [];
  if (leftOut === 'other-version') {
    found.push(
      finding(
        'problem',
        'version',
        `${name} speaks another version (${peer.version})`,
        'Update it, or this machine.',
      ),
    );
  } else if (peer.version !== version) {
    found.push(finding('note', 'version', `${name} runs ${peer.version}, this machine ${version}`));
  }
  if (leftOut === 'full') {
    found.push(
      finding(
        'note',
        'peer-full',
        `${name} is full`,
        'Raise its capacity, make room there, or let another peer join.',
      ),
    );
  }
  if (latencyMs > SLOW_MS)
    found.push(finding('note', 'slow', `${name} answers after ${formatDuration(latencyMs)}`));
  return found;
}

/** When most peers agree that ours is off, it is ours. */
function ofClocks(answering: readonly PeerWord[]): readonly Finding[] {
  const off = answering.filter(({ skewMs = 0 }) => Math.abs(skewMs) > SKEW_MS);
  if (answering.length === 0) return [];
  if (off.length === 0) return [finding('ok', 'clock', 'the clocks of the peers agree with this one')];
  const by = (skewMs: number): string =>
    `${formatDuration(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead' : 'behind'}`;
  if (off.length * 2 > answering.length && answering.length > 1) {
    const skew = off[Math.floor(off.length / 2)]?.skewMs ?? 0;
    return [
      finding(
        'problem',
        'clock',
        `the clock of this machine is ${by(-skew)}, compared with ${off.length} of ${answering.length} peers`,
        'Set it, and let NTP keep it: snapshots carry its time, and "vault forget" goes by that.',
      ),
    ];
  }
  return off.map(({ name, skewMs = 0 }) =>
    finding(
      'problem',
      'clock',
      `the clock of ${name} is ${by(skewMs)}`,
      'Set it there: its trash is kept by its own clock.',
    ),
  );
}

function ofRoom({ peers, copiesTarget, trialMesh }: MeshFacts): readonly Finding[] {
  const usable = peers.filter(({ answers, leftOut }) => answers && leftOut === undefined);
  const zones = new Set(usable.map(({ zone }) => zone)).size;
  if (usable.length < copiesTarget) {
    return [
      finding(
        'problem',
        'too-few-peers',
        `${usable.length} peers can take chunks, and this vault asks for ${copiesTarget} copies`,
        'Start those that are off, or let another machine join: vault-peer join TICKET',
      ),
    ];
  }
  if (trialMesh) {
    const message = 'all peers run on this machine: nothing survives its loss';
    return [finding('problem', 'trial-mesh', message, 'Let a peer on another machine join.')];
  }
  if (zones < copiesTarget) {
    return [
      finding(
        'note',
        'zones',
        `the peers lie in ${zones} zones only, so copies share one (P2)`,
        'Give each place its own zone in peer.json, or add a peer elsewhere.',
      ),
    ];
  }
  return [finding('ok', 'room', `${usable.length} peers in ${zones} zones can take ${copiesTarget} copies`)];
}

function ofCopies(mesh: MeshFacts): readonly Finding[] {
  const { chunks, chunksShort, chunksUnavailable, chunksLost, copiesTarget } = mesh;
  if (chunks === 0) return [finding('note', 'copies', 'nothing is backed up yet', 'vault backup PATH')];
  const found: Finding[] = [];
  if (chunksLost > 0) {
    const what = `${chunksLost} chunks are lost: no holder has them`;
    found.push(
      finding('problem', 'lost', what, '"vault check" names the files; a backup of them sends them again.'),
    );
  }
  if (chunksUnavailable > chunksLost) {
    const what = `${chunksUnavailable - chunksLost} chunks are on no holder that answers`;
    found.push(finding('problem', 'unavailable', what, 'Start the holders that are silent.'));
  }
  const few = chunksShort - chunksUnavailable;
  if (few > 0) {
    const what = `${few} of ${chunks} chunks have fewer than ${copiesTarget} copies`;
    found.push(
      finding('problem', 'copies', what, '"vault repair" makes them now, as far as there are peers.'),
    );
  }
  if (found.length > 0) return found;
  return [finding('ok', 'copies', `all ${chunks} chunks have ${copiesTarget} copies`)];
}
