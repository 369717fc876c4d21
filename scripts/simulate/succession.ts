/**
 * The owner's machine is off. Peers die one after another, new ones join, and the mesh has time to heal in between, until none of the
 * first holders is left. Then everything is restored on an empty machine, from the words and a ticket of a peer that lives.
 */
import fs from 'node:fs';
import path from 'node:path';
import { compareTrees } from '../../src/backup/compare.ts';
import { formatDuration } from '../../src/model/units.ts';
import type { SeededRandom } from '../../src/runtime/seeded-random.ts';
import { type Healing, healingText, waitUntilHealed } from './healing.ts';
import type { RealOptions } from './real-options.ts';
import { Workload } from './workload.ts';
import type { World } from './world.ts';

const HOME = 'home';
const COPIES = 3;

type Say = (message: Readonly<Record<string, unknown>>, text: string) => void;

/** One dies for good, its disk with it, a new one joins, and the others heal. */
async function succeed(world: World, options: RealOptions, say: Say): Promise<Healing> {
  await world.renewTicket();
  const heir = await world.addPeer();
  const [oldest] = world.running;
  if (!oldest) throw new Error('no peer is left');
  await world.down(oldest);
  fs.rmSync(oldest.folder, { recursive: true });
  const healing = await waitUntilHealed(world, {
    silent: new Set(),
    copies: COPIES,
    limitMs: options.healLimitMs,
    allWell: false,
  });
  const how = healing.healed
    ? `healed in ${formatDuration(healing.ms)}`
    : `NOT HEALED: ${healingText(healing)}`;
  const facts = { died: oldest.name, joined: heir.name, running: world.running.length };
  say(
    {
      message_type: 'succession',
      ...facts,
      healed: healing.healed,
      heal_ms: Math.round(healing.ms),
      copies_min: healing.copies,
    },
    `${oldest.name} died, ${heir.name} joined: ${how}; ${healing.copies} copies of every chunk on ${facts.running} peers`,
  );
  return healing;
}

/** What is wrong with a restore on an empty machine; nothing when it is identical. */
async function restoreFromNothing(world: World, source: string, snapshot: string): Promise<string[]> {
  await world.renewTicket();
  const recovered = await world.recover('empty');
  if (recovered.code !== 0) return [`recover: exit ${recovered.code}: ${recovered.stderr}`];
  const target = path.join(world.root, 'restored');
  const restored = await world.vault('empty', ['restore', `${snapshot}:${source}`, '--target', target]);
  if (restored.code !== 0) return [`restore: exit ${restored.code}: ${restored.stderr}`];
  const differences = await compareTrees(source, target);
  return differences.slice(0, 5).map((difference) => `restored: ${JSON.stringify(difference)}`);
}

async function firstBackup(options: RealOptions, world: World, workload: Workload): Promise<string> {
  workload.populate(options.files, options.large);
  await world.createVault(HOME);
  const backup = await world.vault(HOME, ['backup', workload.root]);
  if (backup.code !== 0) throw new Error(`the first backup: exit ${backup.code}: ${backup.stderr}`);
  const summary = backup.messages.find((message) => message.message_type === 'summary');
  fs.rmSync(path.join(world.root, HOME), { recursive: true });
  return String(summary?.snapshot_id);
}

/** Resolves to the exit code: 1 when it did not heal in time or the restore differs. */
export async function runSuccession(
  options: RealOptions,
  world: World,
  seeded: SeededRandom,
): Promise<number> {
  const say: Say = (message, text) => console.log(options.json ? JSON.stringify(message) : text);
  const workload = new Workload(path.join(world.root, 'source'), seeded.fork('workload'));
  const snapshot = await firstBackup(options, world, workload);
  const first = new Set(world.peers);
  say(
    { message_type: 'backup', peers: first.size, snapshot_id: snapshot },
    `${first.size} peers hold a backup; its owner's machine is off from now on and its files are gone`,
  );
  let healed = true;
  while (healed && world.running.some((peer) => first.has(peer))) {
    healed = (await succeed(world, options, say)).healed;
  }
  const wrong = healed ? await restoreFromNothing(world, workload.root, snapshot) : ['the mesh did not heal'];
  for (const text of wrong) say({ message_type: 'breach', text }, `BREACH: ${text}`);
  const gone = `none of the first ${first.size} peers is left`;
  say(
    { message_type: 'summary', breaches: wrong.length, seed: options.seed },
    wrong.length === 0 ? `${gone}; the restore from words and ticket is identical` : 'DATA WAS LOST OR WRONG',
  );
  return wrong.length === 0 ? 0 : 1;
}
