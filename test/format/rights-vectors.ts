/** Vectors of what each role may write: entries of a log in order, each with what a holder says to it (L4). */
import { entryHash, type LogEntry } from '../../src/format/log-entry.ts';
import type { DeviceRole } from '../../src/model/device-role.ts';
import { SampleDevice, SampleVault } from '../store/sample-log.ts';
import { fill } from './vector.ts';

type Deed = Partial<Pick<LogEntry, 'adds' | 'drops' | 'retires' | 'announcement'>>;

const ADDS: Deed = { adds: [{ digest: fill(1), size: 1000 }] };
const DROPS: Deed = { drops: [fill(1)] };
const RETIRES: Deed = { retires: { device: fill(7), next: 0 } };
const ANNOUNCES: Deed = { announcement: fill(3, 80) };

/** Each deed is tried as the next entry; what is refused is not part of the log. */
const CASES: readonly {
  role: DeviceRole;
  tried: readonly (readonly [string, Deed, 'added' | 'denied'])[];
}[] = [
  {
    role: 'full',
    tried: [
      ['adds', ADDS, 'added'],
      ['drops', DROPS, 'added'],
      ['retires', RETIRES, 'added'],
      ['announces', ANNOUNCES, 'added'],
    ],
  },
  {
    role: 'append-only',
    tried: [
      ['drops at the beginning', DROPS, 'denied'],
      ['says nothing', {}, 'added'],
      ['adds', ADDS, 'added'],
      ['drops what it added', DROPS, 'denied'],
      ['retires', RETIRES, 'denied'],
      ['adds and drops', { ...ADDS, ...DROPS }, 'denied'],
      ['announces', ANNOUNCES, 'added'],
    ],
  },
  {
    role: 'keeper',
    tried: [
      ['adds', ADDS, 'denied'],
      ['announces', ANNOUNCES, 'denied'],
      ['drops', DROPS, 'denied'],
      ['says nothing', {}, 'added'],
      ['says nothing again', {}, 'denied'],
    ],
  },
];

export interface RightsVector {
  readonly role: DeviceRole;
  readonly vault: Uint8Array;
  readonly entries: readonly {
    readonly name: string;
    readonly bytes: Uint8Array;
    readonly verdict: 'added' | 'denied';
  }[];
}

/** Every entry carries the vault's signature where it takes something away. */
export function logRights(): readonly RightsVector[] {
  const vault = new SampleVault('vectors');
  return CASES.map(({ role, tried }) => {
    const device = new SampleDevice(vault, `vector ${role}`, role);
    let sequence = 0;
    let previous: Uint8Array | undefined;
    const entries = tried.map(([name, deed, verdict]) => {
      const bytes = device.entryAt(sequence, previous, deed);
      if (verdict === 'added') [sequence, previous] = [sequence + 1, entryHash(bytes)];
      return { name, bytes, verdict };
    });
    return { role, vault: vault.id, entries };
  });
}
