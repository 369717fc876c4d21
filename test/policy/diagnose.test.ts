import { describe, expect, it } from 'vitest';
import { GiB, MiB } from '../../src/model/units.ts';
import {
  type DoctorFacts,
  diagnose,
  type FolderFacts,
  type MeshFacts,
  type OwnPeerFacts,
  type PeerWord,
} from '../../src/policy/diagnose.ts';

function peer(name: string, change: Partial<PeerWord> = {}): PeerWord {
  const word = { peer: `id of ${name}`, name, zone: `zone of ${name}`, holder: true, answers: true };
  return { ...word, version: '0.1.0', latencyMs: 10, skewMs: 20, ...change };
}

const THREE = [peer('a'), peer('b'), peer('c')];
const MESH: MeshFacts = {
  peers: THREE,
  version: '0.1.0',
  copiesTarget: 3,
  trialMesh: false,
  chunks: 100,
  chunksShort: 0,
  chunksUnavailable: 0,
  chunksLost: 0,
};
const HOME: FolderFacts = { what: 'vault', folder: '/home', openToOthers: [], freeBytes: 9 * GiB };
const OWN: OwnPeerFacts = {
  name: 'nas',
  running: true,
  addresses: ['/ip4/203.0.113.7/tcp/4150/p2p/x'],
  portOpen: true,
  peersConnected: 2,
  freeBytes: GiB,
};

function found(mesh: Partial<MeshFacts>, rest: Partial<DoctorFacts> = {}): string[] {
  return diagnose({ folders: [HOME], mesh: { ...MESH, ...mesh }, ...rest })
    .filter(({ level }) => level !== 'ok')
    .map(({ level, check }) => `${level} ${check}`);
}

describe('the doctor', () => {
  it('finds nothing where all is well, and says what it looked at', () => {
    expect(found({}, { ownPeer: OWN })).toEqual([]);
    const looked = diagnose({ folders: [HOME], mesh: MESH, ownPeer: OWN }).map(({ check }) => check);
    for (const check of ['permissions', 'writable', 'disk-space', 'own-peer', 'nat', 'reachability']) {
      expect(looked).toContain(check);
    }
    for (const check of ['clock', 'room', 'copies']) expect(looked).toContain(check);
  });

  it.each<[string, Partial<MeshFacts>, string[]]>([
    ['nobody answers', { trouble: 'all 3 addresses are silent', peers: [] }, ['problem reachability']],
    [
      'a holder is silent',
      { peers: [...THREE, peer('d', { answers: false, leftOut: 'unreachable' })] },
      ['problem holder-silent'],
    ],
    [
      'a stranger is silent',
      { peers: [...THREE, peer('d', { answers: false, leftOut: 'unreachable', holder: false })] },
      ['note peer-silent'],
    ],
    ['a peer is full', { peers: [...THREE, peer('d', { leftOut: 'full' })] }, ['note peer-full']],
    ['an older version', { peers: [...THREE, peer('d', { version: '0.0.9' })] }, ['note version']],
    [
      'a version that cannot be talked to',
      { peers: [...THREE, peer('d', { version: '2.0.0', leftOut: 'other-version' })] },
      ['problem version'],
    ],
    ['a slow peer', { peers: [...THREE, peer('d', { latencyMs: 900 })] }, ['note slow']],
    ['too few peers', { peers: THREE.slice(1) }, ['problem too-few-peers']],
    ['two in one zone', { peers: THREE.map((each) => ({ ...each, zone: 'house' })) }, ['note zones']],
    ['all on this machine', { trialMesh: true }, ['problem trial-mesh']],
    ['one clock off', { peers: [...THREE, peer('d', { skewMs: 3_600_000 })] }, ['problem clock']],
    ['few copies', { chunksShort: 7 }, ['problem copies']],
    ['chunks out of reach', { chunksShort: 7, chunksUnavailable: 7 }, ['problem unavailable']],
    [
      'chunks lost',
      { chunksShort: 9, chunksUnavailable: 4, chunksLost: 3 },
      ['problem lost', 'problem unavailable', 'problem copies'],
    ],
    ['nothing backed up', { chunks: 0 }, ['note copies']],
  ])('finds that %s', (_what, mesh, expected) => {
    expect(found(mesh)).toEqual(expected);
  });

  it('takes the own clock for the wrong one when most peers agree', () => {
    const peers = THREE.map((each) => ({ ...each, skewMs: 7_200_000 }));
    const [clock] = diagnose({ folders: [], mesh: { ...MESH, peers } }).filter(
      ({ check }) => check === 'clock',
    );
    expect(clock?.message).toContain('the clock of this machine is 2 h 00 min behind');
  });

  it.each<[string, Partial<FolderFacts>, string]>([
    ['others can read secrets', { openToOthers: ['vault.json'] }, 'problem permissions'],
    ['nothing can be written', { writeTrouble: 'read-only file system' }, 'problem writable'],
    ['the disk is nearly full', { freeBytes: 10 * MiB }, 'problem disk-space'],
  ])('finds that %s', (_what, change, expected) => {
    expect(found({}, { folders: [{ ...HOME, ...change }] })).toEqual([expected]);
  });

  it.each<[string, Partial<OwnPeerFacts>, string[]]>([
    ['does not run', { running: false }, ['problem own-peer']],
    ['takes no connection', { portOpen: false }, ['problem port']],
    ['is alone', { peersConnected: 0 }, ['problem own-peer-alone']],
    ['is behind a router', { addresses: ['/ip4/192.168.1.2/tcp/4150/p2p/x'] }, ['note nat']],
    [
      'is reached by a relay',
      { addresses: ['/ip4/10.0.0.2/tcp/1/p2p/x', '/ip4/203.0.113.7/tcp/1/p2p/y/p2p-circuit/p2p/x'] },
      ['note nat'],
    ],
  ])('finds that the peer of this machine %s', (_what, change, expected) => {
    expect(found({}, { ownPeer: { ...OWN, ...change } })).toEqual(expected);
  });

  it('says of each problem what to do', () => {
    const peers = [peer('a', { answers: false }), peer('b', { skewMs: 1e9, leftOut: 'other-version' })];
    const mesh = { ...MESH, peers, chunksShort: 5, chunksUnavailable: 3, chunksLost: 2 };
    const folders = [{ ...HOME, openToOthers: ['x'], writeTrouble: 'x', freeBytes: 0 }];
    const problems = diagnose({ folders, mesh, ownPeer: { ...OWN, portOpen: false, peersConnected: 0 } });
    for (const { level, advice } of problems) if (level === 'problem') expect(advice).toBeTruthy();
  });
});
