/** Copies snapshots from one vault of this machine into another with keys of its own: each is read, opened, sealed again and sent. */
import { CopiedBefore } from '../backup/copied-before.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { syncLog } from '../vault/sync-log.ts';
import { chooseSnapshots } from './choose-snapshots.ts';
import { CopyRun } from './copy-run.ts';
import type { CopyOptions, CopyReport } from './copy-types.ts';
import { openSession } from './open-session.ts';
import { infoOf } from './snapshot-info.ts';
import type { Surroundings } from './surroundings.ts';
import { systemSurroundings } from './system-surroundings.ts';
import { syncForUpkeep } from './upkeep-work.ts';
import type { OpenVaultOptions } from './vault-handle.ts';
import type { VaultSession } from './vault-session.ts';
import type { VaultWork } from './vault-work.ts';

/**
 * A snapshot that cannot be read is no error: see `problems`. Throws 'usage' (the same vault twice), 'no-vault', 'wrong-passphrase', 'locked',
 * 'denied' (a device may not read there, or not add here), 'not-found', 'ambiguous', 'unavailable' (nobody answers), 'too-few-peers', 'no-space'.
 */
export async function copySnapshots(
  options: CopyOptions,
  surroundings: Surroundings = systemSurroundings,
): Promise<CopyReport> {
  const { from, to } = options;
  if (from.home === to.home) throw sameVault();
  const target = await openSession(to, surroundings);
  try {
    const source = await ofSource(from, () => openSession(from, surroundings));
    try {
      if (source.vaultId === target.vaultId) throw sameVault();
      return await copyBetween(source, target, options);
    } finally {
      await source.close();
    }
  } finally {
    await target.close();
  }
}

async function copyBetween(
  source: VaultSession,
  target: VaultSession,
  options: CopyOptions,
): Promise<CopyReport> {
  const wait = options.signal ? { signal: options.signal } : {};
  const { dryRun = false, from } = options;
  const reading = await ofSource(from, async () => {
    const work = await source.workFor('read', 'read the snapshots that shall be copied', wait);
    await syncSource(work);
    return work;
  });
  const writing = await target.workFor('add', 'take copies of snapshots', wait);
  const records = reading.state.snapshots();
  const chosen = await ofSource(from, async () => chooseSnapshots(records, options.snapshots, options));
  await syncForUpkeep(writing);
  const before = new CopiedBefore(
    { live: records, forgotten: reading.state.forgotten() },
    { live: writing.state.snapshots(), forgotten: writing.state.forgotten() },
  );
  const wanted = chosen.filter((record) => before.copyOf(record) === undefined);
  const known = chosen.length - wanted.length;
  const claimed = wanted.filter(({ scope }) => scope !== undefined).length;
  if (claimed > 0 && writing.home.device.role === 'full') writing.warn(ofAppendOnly(claimed));
  if (dryRun || wanted.length === 0) {
    const { copies } = writing.home;
    const copied = wanted.map((record) => ({ from: infoOf(record) }));
    const nothing = { chunksAdded: 0, dataAdded: 0, dataAddedSealed: 0, durationMs: 0, holders: [] };
    return { dryRun, copied, known, problems: [], ...nothing, copiesTarget: copies, copiesMin: copies };
  }
  const run = await CopyRun.begin({ reading, writing, before, records, onProgress: options.onProgress });
  return { ...(await run.all(wanted)), known };
}

/** Throws 'unavailable' when no holder answers. A vault that was never backed up has none: no error. */
async function syncSource({ home, state, session, wait, warn }: VaultWork): Promise<void> {
  if (session.holders().length === 0 && state.logs.devices().length === 0) return;
  const { problems } = await syncLog({ state, keys: home.keys, exchange: session.exchange, ...wait });
  for (const { message } of problems) warn(message);
}

/** Whatever fails there says so. */
async function ofSource<T>({ home }: OpenVaultOptions, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isVaultError(error) || error.code === 'interrupted') throw error;
    const { code, message, hint, data } = error;
    const more = { ...(hint === undefined ? {} : { hint }), ...(data === undefined ? {} : { data }) };
    throw new VaultError(code, `the vault to copy from (${home}): ${message}`, { ...more, cause: error });
  }
}

/** What such a device says (its time, its host) is its word alone where it said so; here it becomes the word of the device that copies. */
function ofAppendOnly(count: number): string {
  return `snapshots to copy that an append-only device made: ${count}; here "vault forget" counts them like any other, with the time and host that it gave`;
}

function sameVault(): VaultError {
  return new VaultError('usage', 'both are the same vault; nothing was copied', {
    hint: '--from-home is the home of the vault to copy from, VAULT_HOME of the one to copy into. Copies of the same vault are made by its holders.',
  });
}
