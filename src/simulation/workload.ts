/** What the owner's devices do: the production client code, its results compared with what is known to be true. */
import type { VaultHandle } from '../api/vault-handle.ts';
import { isVaultError, type VaultError } from '../model/errors.ts';
import { idText } from '../model/ids.ts';
import { acknowledgedCopies } from './checkers/acknowledged-copies-exist.ts';
import { restoredRight } from './checkers/acknowledged-restores.ts';
import { promiseKept } from './checkers/promise-not-overstated.ts';
import type { Device } from './device.ts';
import { oracleRestore } from './oracle-restore.ts';
import type { Action, OperationKind } from './script.ts';
import { HOUR } from './simulation-settings.ts';
import { ROOT, UserFiles } from './user-files.ts';
import { textOf, type World } from './world.ts';

/** An operation that lasts longer hangs. */
const LONGEST_MS: number = 12 * HOUR;

/** What may stop an operation while machines fail: everything else is a bug. */
const EXPECTED = [
  'unavailable',
  'too-few-peers',
  'timeout',
  'closed',
  'no-space',
  'interrupted',
  'not-found',
  'lost',
  'denied',
] as const;

/** What may stop a retirement as well: the device writes all the time, or an attempt that was killed had retired it. */
const OF_RETIREMENTS = ['locked', 'usage'] as const;

/** Half of all backups send each chunk once and let holders pass it on (T2). */
const SPREADS = ['relay', 'relay', 'direct', 'auto'] as const;

type Operation = (world: World, device: Device, action: Action) => Promise<void>;

/** Backs up changed files, and remembers what was acknowledged. */
async function backup(world: World, device: Device, { id }: Action): Promise<void> {
  await device.run(async (vault) => {
    const random = world.random.fork(`files ${id}`);
    const files = new UserFiles(random, () => world.clock.now(), world.canary, 1000 * id);
    const from = device.tree.size === 0 ? (world.devices[0]?.tree ?? device.tree) : device.tree;
    device.tree = files.changed(from);
    const { tree } = device;
    const spread = SPREADS[world.random.fork(`spread ${id}`).below(SPREADS.length)] ?? 'auto';
    const summary = await vault.backup({ paths: [ROOT], host: device.label, spread });
    const record = device.state?.snapshots().find((snapshot) => snapshot.id === summary.snapshotId);
    const keys = world.keys;
    if (!record || !keys)
      return world.fail('acknowledged-restores', 'an acknowledged snapshot is not in the books');
    const { digests } = await oracleRestore(world, record, keys);
    const { id: snapshot } = record;
    const copies = summary.copiesMin;
    const known = { id: snapshot, device: device.index, tree, digests, acknowledgedMs: world.nowMs, copies };
    world.truth.add({ ...known, fate: device.retired ? 'doubtful' : 'live' });
    world.note(`${device.label} backed up ${record.id} (${spread}): ${summary.copiesMin} copies`);
    world.count(
      summary.copiesMin >= summary.copiesTarget ? 'backups with all copies' : 'backups with fewer copies',
    );
    acknowledgedCopies(world, record.id, summary.copiesMin);
  });
}

/** Restores a snapshot of any device and compares. */
async function restore(world: World, device: Device, { strength }: Action): Promise<void> {
  const live = world.truth.live();
  const snapshot = live[Math.floor(strength * live.length)];
  if (!snapshot) return;
  await device.run(async (vault) => {
    const summary = await vault.restore({ snapshot: snapshot.id, target: '/restored' });
    restoredRight(world, snapshot, device.restored, summary.failed);
  });
}

async function status(world: World, device: Device): Promise<void> {
  await device.run(async (vault) => {
    promiseKept(world, (await vault.status()).snapshots);
  });
}

/** Forgets by policy; whatever may have been forgotten is demanded no more. */
async function forget(world: World, device: Device, { strength }: Action): Promise<void> {
  await device.run(async (vault) => {
    const options = { policy: { last: 1 + Math.floor(strength * 4) }, hosts: [device.label] };
    const { groups } = await vault.forget({ ...options, dryRun: true });
    const ids = groups.flatMap(({ remove }) => remove.map(({ id }) => id));
    for (const id of ids) world.truth.setFate(id, 'doubtful');
    const prune = strength > 0.5;
    const report = await vault.forget({ ...options, prune });
    for (const { remove } of report.groups) for (const { id } of remove) world.truth.setFate(id, 'forgotten');
    world.count('snapshots forgotten', report.removed);
  });
}

async function prune(world: World, device: Device): Promise<void> {
  await device.run(async (vault) => {
    const report = await vault.prune();
    world.count('chunks dropped', report.chunksDropped);
  });
}

/** What comes back has the files that it had. */
async function undelete(world: World, device: Device): Promise<void> {
  await device.run(async (vault) => {
    const report = await vault.undelete({ all: true });
    for (const { was, id } of report.snapshots) {
      const before = world.truth.get(was.id);
      if (id === undefined || !before) continue;
      world.truth.add({ ...before, id, device: device.index, fate: 'live', acknowledgedMs: world.nowMs });
      world.count('snapshots undeleted');
    }
  });
}

async function check(world: World, device: Device): Promise<void> {
  await device.run(async (vault: VaultHandle) => {
    const report = await vault.check({ readData: true });
    world.note(`${device.label} checked: ${report.chunksRead} chunks, ${report.errorCount} errors`);
  });
}

/** Copies that are missing are made now; a machine that has left for good is given up. */
async function repair(world: World, device: Device, { strength }: Action): Promise<void> {
  await device.run(async (vault) => {
    const gone = world.machines.filter((machine) => machine.gone).at(-1);
    const lost = gone && strength < 0.5 ? [gone.name] : [];
    const report = await vault.repair({ lost });
    world.count('copies made by hand', report.copiesMade);
  });
}

/** Another device was sold: this one takes its snapshots over, and whatever it still writes counts for nothing. */
async function retire(world: World, device: Device): Promise<void> {
  const other = world.devices.find((one) => one !== device && one.made && !one.retired);
  const id = other?.state?.device;
  if (!other || !id) return;
  const begunMs = world.nowMs;
  await device.run((vault) => vault.retireDevice({ device: idText(id) }));
  other.retired = true;
  for (const { id: snapshot, device: by, acknowledgedMs } of world.truth.live())
    if (by === other.index && acknowledgedMs >= begunMs) world.truth.setFate(snapshot, 'doubtful');
}

async function recover(world: World, device: Device): Promise<void> {
  if (!device.made) await device.inTurn(() => device.recover(world.words));
}

async function loseBooks(_world: World, device: Device): Promise<void> {
  await device.inTurn(async () => device.loseBooks());
}

const OPERATIONS: Readonly<Record<OperationKind, Operation>> = {
  backup,
  restore,
  status,
  forget,
  prune,
  undelete,
  check,
  recover,
  'lose-books': loseBooks,
  repair,
  retire,
};

function isOperation(kind: Action['kind']): kind is OperationKind {
  return kind in OPERATIONS;
}

/** Resolves when it has ended, one way or the other; nothing that may happen is thrown. */
export async function perform(world: World, action: Action): Promise<void> {
  const device = world.devices[action.target % world.devices.length];
  if (!device || !isOperation(action.kind)) return;
  if (!device.made && action.kind !== 'recover') {
    if (!device.retired) return world.count(`${action.kind} without a vault`);
    await perform(world, { ...action, kind: 'recover' });
  }
  let ended = false;
  world.clock.schedule(LONGEST_MS, () => {
    if (!ended)
      world.fail('operations-end', `${action.kind} of ${device.label} has not ended after 12 hours`);
  });
  try {
    await OPERATIONS[action.kind](world, device, action);
    world.count(action.kind);
    world.note(`${device.label} ${action.kind} done`);
  } catch (error) {
    noteFailure(world, action, device, error);
  } finally {
    ended = true;
  }
}

/** An alarm that is true: somebody hides entries, or a holder is behind what the device remembers, and it met no other. */
function isTrueAlarm(world: World, error: unknown): boolean {
  if (!isVaultError(error, 'rollback')) return false;
  const log = String(error.data?.device);
  const remembered = Number(error.data?.remembered);
  return world
    .present()
    .some(({ liar, books }) => liar?.lie === 'hiding' || books.logLength(log) < remembered);
}

function noteFailure(world: World, { kind }: Action, device: Device, error: unknown): void {
  const expected = kind === 'retire' ? [...EXPECTED, ...OF_RETIREMENTS] : EXPECTED;
  if (!isVaultError(error, ...expected) && !isTrueAlarm(world, error)) {
    world.fail('no-bugs', `${kind} of ${device.label} threw: ${textOf(error)}`);
    return;
  }
  const { code } = error as VaultError;
  // As the error says: the machine becomes a new device.
  if (code === 'denied') device.startOver();
  world.count(`${kind} failed: ${code}`);
  world.note(`${device.label} ${kind} failed: ${code} ${(error as VaultError).message}`);
}
