/** The play in six acts: peers, backup, ranking and copies, two kills, restore from words and ticket, comparison. */
import path from 'node:path';
import {
  type BackupSummary,
  createVault,
  formatBytes,
  type RestoreSummary,
  recoverVault,
  systemClock,
  type VaultHandle,
  type VaultStatusReport,
} from '../../src/index.ts';
import { listeners } from '../commands/vault-options.ts';
import { backupPrinter } from '../printers/backup.ts';
import { peerLines } from '../printers/peers.ts';
import { restorePrinter } from '../printers/restore.ts';
import { histogramText } from '../printers/status.ts';
import { count } from '../printers/words.ts';
import type { Session } from '../terminal/session.ts';
import { compareHonestly, type HonestComparison } from './compare-honestly.ts';
import type { DemoMesh, DemoPeer } from './demo-mesh.ts';

/** Only ever protects a vault that is thrown away at the end. */
const PASSPHRASE = 'demo';
const VICTIMS = 2;

export interface DemoResult {
  readonly backup: BackupSummary;
  readonly before: VaultStatusReport;
  readonly after: VaultStatusReport;
  readonly killed: readonly string[];
  readonly restore: RestoreSummary;
  readonly comparison: HonestComparison;
  readonly compareMs: number;
  readonly peerPeakBytes: number | undefined;
}

function step(session: Session, number: number, text: string): void {
  session.tell(`\n${number}. ${text}`);
}

function backUp(session: Session, vault: VaultHandle, source: string): Promise<BackupSummary> {
  const { signal } = session;
  return backupPrinter(session).during((onProgress) => vault.backup({ paths: [source], onProgress, signal }));
}

async function showCopies(session: Session, vault: VaultHandle): Promise<VaultStatusReport> {
  const { signal } = session;
  const report = await vault.peers({ signal });
  for (const line of peerLines(report, session.mode.verbose)) session.tell(`   ${line}`);
  const status = await vault.status({ signal });
  session.tell(`   copies now: ${histogramText(status)}`);
  return status;
}

/** The two that keep most: the hardest case. */
async function killHolders(mesh: DemoMesh, backup: BackupSummary): Promise<readonly DemoPeer[]> {
  const order = [...backup.holders].sort((a, b) => b.chunks - a.chunks).map(({ name }) => name);
  const victims = [...mesh.peers]
    .sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
    .filter(({ name }) => order.includes(name))
    .slice(0, VICTIMS);
  for (const victim of victims) await mesh.kill(victim);
  return victims;
}

function restoreAll(
  session: Session,
  vault: VaultHandle,
  source: string,
  target: string,
): Promise<RestoreSummary> {
  const { signal } = session;
  return restorePrinter(session).during((onProgress) =>
    vault.restore({ snapshot: 'latest', path: source, target, onProgress, signal }),
  );
}

interface FirstHalf {
  readonly words: string;
  readonly backup: BackupSummary;
  readonly before: VaultStatusReport;
}

/** On the machine that will be lost. */
async function firstMachine(
  session: Session,
  root: string,
  ticket: string,
  source: string,
): Promise<FirstHalf> {
  const made = await createVault({
    home: path.join(root, 'machine-1'),
    passphrase: PASSPHRASE,
    ticket,
    ...listeners(session),
  });
  try {
    step(session, 2, `a new vault, and a backup of ${source}`);
    const backup = await backUp(session, made.vault, source);
    step(session, 3, 'the peers, best first, and how many copies every chunk has');
    const before = await showCopies(session, made.vault);
    return { words: made.words, backup, before };
  } finally {
    await made.vault.close();
  }
}

export async function runDemo(session: Session, mesh: DemoMesh, source: string): Promise<DemoResult> {
  const { signal } = session;
  step(session, 1, 'five vault-peer processes on loopback, in five zones');
  const ticket = await mesh.start();
  session.tell(`   ${mesh.peers.map(({ name, process: { pid } }) => `${name} (process ${pid})`).join(', ')}`);
  const sinceMs = systemClock.now();
  const { words, backup, before } = await firstMachine(session, mesh.root, ticket, source);

  const victims = await killHolders(mesh, backup);
  const killed = victims.map(({ name }) => name);
  step(session, 4, `SIGKILL of the two holders with most chunks: ${killed.join(' and ')}`);

  step(session, 5, 'an empty machine, with nothing but the 24 words and the ticket');
  const home = path.join(mesh.root, 'machine-2');
  const vault = await recoverVault({ home, passphrase: PASSPHRASE, ticket, words, ...listeners(session) });
  const target = path.join(mesh.root, 'restored');
  let restore: RestoreSummary;
  let after: VaultStatusReport;
  try {
    after = await vault.status({ signal });
    session.tell(`   copies left: ${histogramText(after)}`);
    restore = await restoreAll(session, vault, source, target);
  } finally {
    await vault.close();
  }

  step(session, 6, 'every byte, mode, owner, time and link compared with the source');
  const startMs = systemClock.monotonicMs();
  const unreadable = new Set(backup.unreadable.map((problem) => problem.path));
  const comparison = await compareHonestly({ source, restored: target, sinceMs, unreadable, signal });
  const compareMs = systemClock.monotonicMs() - startMs;
  const peerPeakBytes = mesh.peakRssBytes();
  session.tell(
    `   ${count(comparison.files, 'file')}, ${count(comparison.directories, 'directory', 'directories')}, ${count(comparison.links, 'symbolic link')}, ${formatBytes(comparison.bytes)} compared`,
  );
  return { backup, before, after, killed, restore, comparison, compareMs, peerPeakBytes };
}
