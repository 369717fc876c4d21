/** Who may say what in a log: devices add, the vault drops, and every other signature is a forgery (L1, L4). */
import { describe, expect, it } from 'vitest';
import { keyPairOfSeed, sign, verify } from '../../src/crypto/ed25519.ts';
import { encodeCertificate } from '../../src/format/certificate.ts';
import { compareTables, decodeHolderTable, encodeHolderTable } from '../../src/format/holder-table.ts';
import {
  decodeLogEntry,
  encodeLogEntry,
  entryHash,
  type LogEntry,
  MAX_ADDS,
  MAX_ANNOUNCEMENT_BYTES,
  MAX_ENTRY_BYTES,
} from '../../src/format/log-entry.ts';
import { MAX_SEALED_BYTES } from '../../src/model/chunk-limits.ts';
import { certificate, DEVICE, signDevice, signVault, VAULT } from './arbitraries.ts';

const DIGEST = new Uint8Array(32).fill(9);
const FIRST: LogEntry = {
  vault: VAULT.publicKey,
  device: DEVICE.publicKey,
  sequence: 0,
  certificate,
  adds: [{ digest: DIGEST, size: 60 }],
  drops: [],
};
const NEXT: LogEntry = {
  vault: VAULT.publicKey,
  device: DEVICE.publicKey,
  sequence: 1,
  previous: entryHash(encodeLogEntry(FIRST, signDevice)),
  adds: [],
  drops: [DIGEST],
};
const FORGERY = expect.objectContaining({ code: 'forgery' });

describe('a log entry', () => {
  it('is refused when another key than its device signed it (L1)', () => {
    expect(() => decodeLogEntry(encodeLogEntry(FIRST, signVault), verify)).toThrow(FORGERY);
  });

  it('cannot be written with drops without the vault key (L4)', () => {
    expect(() => encodeLogEntry(NEXT, signDevice)).toThrow(/vault key/);
  });

  it('is refused when it drops and the device signed in place of the vault (L4)', () => {
    expect(() => decodeLogEntry(encodeLogEntry(NEXT, signDevice, signDevice), verify)).toThrow(FORGERY);
    expect(decodeLogEntry(encodeLogEntry(NEXT, signDevice, signVault), verify)).toEqual(NEXT);
  });

  it('retires another device by the word of the vault only (L4)', () => {
    const retires = { device: VAULT.publicKey, next: 3, hash: DIGEST };
    const entry: LogEntry = { ...NEXT, drops: [], retires };
    expect(() => encodeLogEntry(entry, signDevice)).toThrow(/vault key/);
    expect(() => decodeLogEntry(encodeLogEntry(entry, signDevice, signDevice), verify)).toThrow(FORGERY);
    expect(decodeLogEntry(encodeLogEntry(entry, signDevice, signVault), verify)).toEqual(entry);
  });

  it.each([
    ['its own device', { device: DEVICE.publicKey, next: 3, hash: DIGEST }],
    ['a log of three entries without its end', { device: VAULT.publicKey, next: 3 }],
    ['an empty log with an end', { device: VAULT.publicKey, next: 0, hash: DIGEST }],
    ['a device with a key of 31 bytes', { device: DIGEST.slice(1), next: 3, hash: DIGEST }],
    ['a log that ends before its start', { device: VAULT.publicKey, next: -1, hash: DIGEST }],
  ])('cannot retire %s', (_, retires) => {
    expect(() => encodeLogEntry({ ...NEXT, retires }, signDevice, signVault)).toThrow(/retires/);
  });

  it('is refused when its certificate is for another device, or from another vault (L1)', () => {
    const other = keyPairOfSeed(new Uint8Array(32).fill(8));
    const name = { name: 'x', created: 0 };
    const forOther = { vault: VAULT.publicKey, device: other.publicKey, ...name };
    const fromOther = { vault: other.publicKey, device: DEVICE.publicKey, ...name };
    const bySelf = { vault: VAULT.publicKey, device: DEVICE.publicKey, ...name };
    const certificates = [
      encodeCertificate(forOther, signVault),
      encodeCertificate(fromOther, (message) => sign(other.privateKey, message)),
      encodeCertificate(bySelf, signDevice),
    ];
    for (const certificate of certificates) {
      const entry = encodeLogEntry({ ...FIRST, certificate }, signDevice);
      expect(() => decodeLogEntry(entry, verify)).toThrow(FORGERY);
    }
  });

  it('has a certificate and no predecessor at the start, and the reverse after it', () => {
    expect(() => encodeLogEntry({ ...FIRST, certificate: undefined }, signDevice)).toThrow();
    expect(() => encodeLogEntry({ ...FIRST, previous: DIGEST }, signDevice)).toThrow();
    expect(() => encodeLogEntry({ ...NEXT, previous: undefined }, signDevice, signVault)).toThrow();
  });

  it('stays within 1 MiB with as many chunks and as long an announcement as it may have', () => {
    const adds = Array.from({ length: MAX_ADDS }, () => ({ digest: DIGEST, size: MAX_SEALED_BYTES }));
    const announcement = new Uint8Array(MAX_ANNOUNCEMENT_BYTES);
    const bytes = encodeLogEntry({ ...FIRST, adds, announcement }, signDevice);
    expect(bytes.length).toBeLessThanOrEqual(MAX_ENTRY_BYTES);
    expect(decodeLogEntry(bytes, verify).adds).toHaveLength(MAX_ADDS);
  });

  it('cannot be passed off as a holder table, nor the reverse', () => {
    expect(() => decodeHolderTable(encodeLogEntry(FIRST, signVault), verify)).toThrow(/damaged/);
    const table = encodeHolderTable(
      { vault: VAULT.publicKey, version: 1, copies: 3, members: [] },
      signVault,
    );
    expect(() => decodeLogEntry(table, verify)).toThrow(/damaged/);
  });
});

describe('a holder table', () => {
  const signed = (version: number, copies: number) => {
    const table = { vault: VAULT.publicKey, version, copies, members: [] };
    return { table, bytes: encodeHolderTable(table, signVault) };
  };

  it('is newer with a higher version, and among equals one wins for everybody (P3)', () => {
    expect(compareTables(signed(2, 1), signed(1, 3))).toBeGreaterThan(0);
    const tie = compareTables(signed(1, 1), signed(1, 2));
    expect(Math.sign(tie)).toBe(-Math.sign(compareTables(signed(1, 2), signed(1, 1))));
    expect(tie).not.toBe(0);
  });

  it('is refused when a device signed it in place of the vault', () => {
    const bytes = encodeHolderTable(
      { vault: VAULT.publicKey, version: 1, copies: 3, members: [] },
      signDevice,
    );
    expect(() => decodeHolderTable(bytes, verify)).toThrow(FORGERY);
  });

  it('is written in order of the names, whatever the order given', () => {
    const member = (peer: string) => ({ peer, weight: 1, zone: 'z' });
    const make = (...names: string[]) =>
      encodeHolderTable(
        { vault: VAULT.publicKey, version: 1, copies: 1, members: names.map(member) },
        signVault,
      );
    expect(make('b', 'a', 'c')).toEqual(make('a', 'b', 'c'));
    expect(() => decodeHolderTable(make('a', 'a'), verify)).toThrow(/out of order/);
  });
});
