/** Vaults and devices with real keys, and the entries they sign, for tests of stores and protocols. */
import { keyPairOfSeed, sign } from '../../src/crypto/ed25519.ts';
import { encodeCertificate } from '../../src/format/certificate.ts';
import { encodeHolderTable, type HolderTable } from '../../src/format/holder-table.ts';
import { encodeLogEntry, entryHash, type LogEntry } from '../../src/format/log-entry.ts';
import type { Sign } from '../../src/format/signed.ts';
import type { DeviceRole } from '../../src/model/device-role.ts';
import type { DeviceId, Digest, VaultId } from '../../src/model/ids.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';

function keyOfName(name: string): { id: Uint8Array; sign: Sign } {
  const pair = keyPairOfSeed(new SeededRandom(name).bytes(32));
  return { id: pair.publicKey, sign: (message) => sign(pair.privateKey, message) };
}

export class SampleVault {
  readonly id: VaultId;
  readonly sign: Sign;

  constructor(name = 'vault') {
    const key = keyOfName(`vault ${name}`);
    this.id = key.id;
    this.sign = key.sign;
  }

  table(version: number, change: Partial<HolderTable> = {}): Uint8Array {
    const table = { vault: this.id, version, copies: 3, members: [{ peer: 'a', weight: 1, zone: 'z' }] };
    return encodeHolderTable({ ...table, ...change }, this.sign);
  }
}

/** Remembers its log's end, so that `entry` makes the next valid entry. */
export class SampleDevice {
  readonly vault: SampleVault;
  readonly id: DeviceId;
  readonly sign: Sign;
  readonly role: DeviceRole;
  #sequence = 0;
  #previous: Digest | undefined;

  constructor(vault: SampleVault, name = 'device', role: DeviceRole = 'full') {
    const key = keyOfName(`device ${name}`);
    this.vault = vault;
    this.id = key.id;
    this.sign = key.sign;
    this.role = role;
  }

  /** What its vault says of it. */
  get certificate(): Uint8Array {
    const said = { vault: this.vault.id, device: this.id, name: 'sample', created: 0 };
    const scope = this.role === 'append-only' ? { scope: new Uint8Array(16).fill(1) } : {};
    const rights = this.role === 'full' ? {} : { role: this.role, ...scope };
    return encodeCertificate({ ...said, ...rights }, this.vault.sign);
  }

  entry(change: Partial<LogEntry> = {}): Uint8Array {
    const bytes = this.entryAt(this.#sequence, this.#previous, change);
    this.#sequence += 1;
    this.#previous = entryHash(bytes);
    return bytes;
  }

  entries(count: number, change: Partial<LogEntry> = {}): Uint8Array[] {
    return Array.from({ length: count }, () => this.entry(change));
  }

  /** Any entry that this device could sign, in or out of its log. */
  entryAt(sequence: number, previous: Digest | undefined, change: Partial<LogEntry> = {}): Uint8Array {
    const { vault, id: device } = this;
    const entry: LogEntry = {
      vault: vault.id,
      device,
      sequence,
      adds: [],
      drops: [],
      ...(previous ? { previous } : { certificate: this.certificate }),
      ...change,
    };
    return encodeLogEntry(entry, this.sign, vault.sign);
  }
}
