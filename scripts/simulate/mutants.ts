/** Bugs to plant: each is a change of production code that breaks a promise, and that the simulator has to find. */
import { KiB } from '../../src/model/units.ts';
import type { FaultRates, SimulationSettings } from '../../src/simulation/simulation-settings.ts';

interface Edit {
  /** Below src/. */
  readonly file: string;
  /** Occurs exactly once. */
  readonly find: string;
  readonly replace: string;
}

export interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** The promise it breaks. */
  readonly why: string;
  /** More of the faults that make it hurt; otherwise the default mix. */
  readonly changes?: Partial<SimulationSettings>;
}

const CALM: FaultRates = {
  crash: 0,
  absence: 0,
  churn: 0,
  bitrot: 0,
  fullDisk: 0,
  slowDisk: 0,
  partition: 0,
  network: 0,
  clock: 0,
  clientCrash: 0,
  allowance: 0,
  drain: 0,
};

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'acknowledge-before-fsync',
    why: 'L5: a receipt is given before the chunk is durable, so a power cut takes back what was acknowledged',
    edits: [
      {
        file: 'store/chunk-shelves.ts',
        find: '      await this.#disk.write(chunkPath(this.#folder, digest), [bytes]);',
        replace:
          '      void this.#disk.write(chunkPath(this.#folder, digest), [bytes]).catch(() => undefined);',
      },
    ],
  },
  {
    name: 'drop-without-other-devices',
    why: 'L1: one device drops a chunk, and it is gone although another device has added it',
    edits: [
      {
        file: 'store/vault-books.ts',
        find: '    const adders = withoutDevice(row.adders, device.no);',
        replace: '    const adders = new Uint8Array(0);',
      },
    ],
  },
  {
    name: 'repair-into-the-same-zone',
    why: 'P2: zones are not looked at when holders are chosen',
    edits: [
      {
        file: 'policy/placement.ts',
        find: '    const round = seenOfZone.get(member.zone) ?? 0;',
        replace: '    const round = seenOfZone.get(member.zone) === undefined ? 0 : 0;',
      },
    ],
  },
  {
    name: 'trust-a-claimed-inventory',
    why: 'R3: a copy is removed because others say that they have it, without a proof',
    edits: [
      {
        file: 'maintenance/trim.ts',
        find: '    const proven = await this.#check.ask({ view, group, digests, pledge: true }, keepers, signal);',
        replace:
          '    const proven = { by: digests.map(() => new Set(keepers)) };\n    if (keepers.length < 0) await this.#check.ask({ view, group, digests, pledge: true }, keepers, signal);',
      },
    ],
  },
  {
    name: 'skip-the-hash-on-read',
    why: 'L5: rotten bytes are given out and proved as if they were the chunk, so nobody repairs them',
    edits: [
      {
        file: 'store/chunk-shelves.ts',
        find: "      return matchesDigest(digest, bytes) ? bytes : 'damaged';",
        replace: "      return bytes.length > 0 || matchesDigest(digest, bytes) ? bytes : 'damaged';",
      },
    ],
  },
  {
    name: 'skip-the-hash-on-write',
    why: 'C5, L5: bytes from another peer are stored under a name that is not theirs',
    edits: [
      {
        file: 'store/check-sealed.ts',
        find: '  if (!chunk.namedHere && !matchesDigest(digest, bytes)) {',
        replace: '  if (bytes.length === 0 && !matchesDigest(digest, bytes)) {',
      },
      {
        file: 'protocol/remote-peer.ts',
        find: '    if (!bytesEqual(digestOf(payload), digest)) {',
        replace: '    if (payload.length === 0 && !bytesEqual(digestOf(payload), digest)) {',
      },
    ],
  },
  {
    name: 'trim-below-three',
    why: 'R3: a surplus copy goes when one proof less than needed has come',
    edits: [
      {
        file: 'maintenance/trim.ts',
        find: '    if (keepers.length < view.copies) return undefined;',
        replace: '    if (keepers.length < view.copies - 1) return undefined;',
      },
      {
        file: 'maintenance/trim.ts',
        find: '      if (!by || !view.maySpare(by)) continue;',
        replace: '      if (!by || by.size < view.copies - 1) continue;',
      },
      {
        file: 'maintenance/trim.ts',
        find: '    return batch.filter((_, i) => answers.filter((answer) => answer[i]).length >= view.copies);',
        replace:
          '    return batch.filter((_, i) => answers.filter((answer) => answer[i]).length >= view.copies - 1);',
      },
    ],
  },
  {
    name: 'overstated-status',
    why: 'S4: a copy is counted twice',
    edits: [
      {
        file: 'maintenance/copy-count.ts',
        find: '    return { peers, zones: zones.size };',
        replace: '    return { peers: peers + 1, zones: zones.size };',
      },
    ],
  },
  {
    name: 'overstated-acknowledgement',
    why: 'S4: a backup says that it has all copies whatever holders answered',
    changes: { peers: 4, zones: 4, liars: 0, rates: { ...CALM, partition: 0.8 } },
    edits: [
      {
        file: 'api/copies-reached.ts',
        find: '  const ofRun = Math.min(copies, countedLogs(input), result.copiesMin ?? copies);',
        replace: '  const ofRun = copies;',
      },
      {
        file: 'api/copies-reached.ts',
        find: '  return Math.min(ofRun, await exactCopies(input, holders));',
        replace: '  return ofRun;',
      },
    ],
  },
  {
    name: 'never-lost',
    why: 'R1: a peer that is gone for good is waited for, so its copies are never made anew',
    edits: [
      {
        file: 'policy/health.ts',
        find: "  return silentMs < settings.lostMs ? 'away' : 'lost';",
        replace: "  return silentMs < 1000 * settings.lostMs ? 'away' : 'lost';",
      },
    ],
  },
  {
    name: 'no-brake',
    why: 'R2: when the network falls apart, each part takes the other for lost and copies everything',
    changes: { rates: { ...CALM, partition: 0.6 } },
    edits: [
      {
        file: 'policy/health.ts',
        find: 'const FEWEST_TOGETHER = 2;',
        replace: 'const FEWEST_TOGETHER = 2_000;',
      },
    ],
  },
  {
    name: 'expire-committed-chunks',
    why: 'L2: what a log has added expires like what no log names',
    edits: [
      {
        file: 'store/chunk-state.ts',
        find: '  if (live) return ChunkState.kept;',
        replace: '  if (live && !known) return ChunkState.kept;\n  if (live) return ChunkState.uncommitted;',
      },
    ],
  },
  {
    name: 'purge-trash-at-once',
    why: 'L4: what was dropped is gone at once, and cannot be brought back',
    edits: [
      {
        file: 'store/tidy.ts',
        find: '      due: (sinceMs) => ageMs(sinceMs) >= trashMs,',
        replace: '      due: (sinceMs) => ageMs(sinceMs) >= trashMs / 1000,',
      },
    ],
  },
  {
    name: 'prune-own-other-snapshots',
    why: 'L1: a prune keeps what the newest snapshot needs, and drops what the others need',
    edits: [
      {
        file: 'backup/prune.ts',
        find: '  const live = state.snapshots().filter((record) => responsible.has(record.device));',
        replace:
          '  const live = state\n    .snapshots()\n    .filter((record) => responsible.has(record.device))\n    .slice(-1);',
      },
    ],
  },
  {
    name: 'quota-not-reserved',
    why: 'S4: room is not reserved while chunks are being written, so several at once exceed the limit',
    changes: { smallBytes: 40 * KiB, fullBelowBytes: 2 * KiB, backupsPerDay: 2, liars: 0, rates: CALM },
    edits: [
      { file: 'store/quota.ts', find: '    add(1);', replace: '    if (bytes < 0) add(1);' },
      {
        file: 'store/quota.ts',
        find: '      if (!released) add(-1);',
        replace: '      if (!released && bytes < 0) add(-1);',
      },
    ],
  },
  {
    name: 'commit-before-chunks',
    why: 'L2: the log names chunks that no holder has acknowledged yet',
    edits: [
      {
        file: 'backup/upload.ts',
        find: '      const { holders, unused } = await store.put(sealed, { signal: this.#signal });',
        replace:
          "      void store.put(sealed, { signal: this.#signal }).catch(() => undefined);\n      const holders = ['a', 'b', 'c'];\n      const unused = undefined;",
      },
      {
        file: 'backup/backup.ts',
        find: '    await requirePresent(this.#options.state, this.#options.store, this.#options.signal);',
        replace: '    if (root.length < 0) await requirePresent(this.#options.state, this.#options.store);',
      },
    ],
  },
  {
    name: 'commit-without-sync',
    why: 'L1: a device that lost its books signs a second entry with a number that is taken',
    edits: [
      {
        file: 'api/backup-vault.ts',
        find: '  const synced = await syncLog({ state, keys: home.keys, exchange, reader: store, spread: true, ...wait });',
        replace: '  const synced = { problems: [] };',
      },
    ],
  },
  {
    name: 'accept-a-shorter-log',
    why: 'L3: a client does not say that all holders show less of a log than it remembers',
    edits: [
      {
        file: 'vault/sync-log.ts',
        find: '    if (local && proven < local.confirmed) this.#alarm(rollback(local, proven));',
        replace: '    if (local && proven < 0) this.#alarm(rollback(local, proven));',
      },
    ],
  },
  {
    name: 'logs-do-not-spread',
    why: 'L3: holders do not take over what others have more of a log',
    edits: [
      {
        file: 'maintenance/log-pull.ts',
        find: '    if (!ours && logs.heads().length >= MAX_HEADS) return 0;',
        replace: '    if (logs.heads().length >= 0) return 0;',
      },
    ],
  },
  {
    name: 'repair-does-nothing',
    why: 'R2: missing copies are not fetched',
    edits: [
      {
        file: 'maintenance/repair.ts',
        find: '    if (sources.length === 0) return false;',
        replace: '    if (sources.length < 1000) return false;',
      },
    ],
  },
  {
    name: 'plain-text-on-disk',
    why: 'C4: chunks are not encrypted',
    edits: [
      {
        file: 'crypto/chunk-cipher.ts',
        find: '    into.set(slice, at + from);',
        replace: '    into.set(part.subarray(from, from + SLICE_BYTES), at + from);',
      },
      {
        file: 'crypto/chunk-cipher.ts',
        find: '    decipher.final();',
        replace: '    if (sealed.length < 0) decipher.final();',
      },
    ],
  },
];
