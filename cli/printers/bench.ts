/** What `vault bench` measures, while it does and afterwards: a line for each thing, and the sentences at the end. */
import {
  type BenchProgress,
  type BenchStage,
  type DiskBench,
  type FirstBackup,
  formatBytes,
  type MachineBench,
  type MeshBench,
  type PeerBench,
  systemClock,
} from '../../src/index.ts';
import { progressLine } from '../terminal/progress-line.ts';
import type { Session } from '../terminal/session.ts';
import { type Column, tableLines } from '../terminal/table.ts';
import { count, printable } from './words.ts';

const STAGES: Readonly<Record<BenchStage, string>> = {
  disk: 'measuring the disk',
  'one-thread': 'measuring one thread',
  'all-threads': 'measuring all threads',
  mesh: 'measuring the way to',
};

const COLUMNS: readonly Column[] = [
  { title: 'peer' },
  { title: 'round trip', right: true },
  { title: 'sent', right: true },
  { title: 'received', right: true },
  { title: '' },
];

/** A thread that never rests has got less of a processor than this: others are at work. */
const BUSY = 0.8;

/** Says what is measured now; `end` takes it off the terminal. */
export function benchProgress(session: Session): {
  readonly update: (progress: BenchProgress) => void;
  readonly end: () => void;
} {
  const line = progressLine(session);
  const startMs = systemClock.monotonicMs();
  return {
    update: ({ stage, peer }) => {
      line.update(() => `${STAGES[stage]}${peer === undefined ? '' : ` ${printable(peer)}`}`);
      if (session.mode.quiet) return;
      session.emit({
        message_type: 'status',
        seconds_elapsed: Math.round((systemClock.monotonicMs() - startMs) / 1000),
        stage,
        ...(peer === undefined ? {} : { name: peer }),
      });
    },
    end: line.clear,
  };
}

function speed(rate: number | undefined): string {
  return rate === undefined ? '-' : `${formatBytes(rate)}/s`;
}

/** Rates as whole bytes a second; absent where nothing was measured. */
function rateField(name: string, rate: number | undefined): Readonly<Record<string, number>> {
  return rate === undefined ? {} : { [name]: Math.round(rate) };
}

function diskText({ folder, freeBytes, writeRate, readRate, readFromMemory, trouble }: DiskBench): string {
  const free = `${formatBytes(freeBytes)} free in ${folder}`;
  if (trouble !== undefined) return `${free}; not measured: ${trouble}`;
  const read = `reads ${speed(readRate)}${readFromMemory ? ' (out of memory, not from the disk)' : ''}`;
  return `${free}; writes ${speed(writeRate)} with fsync, ${read}`;
}

export function printMachine(session: Session, { threads, processorShare, disk, seal }: MachineBench): void {
  session.emit({
    message_type: 'machine',
    threads,
    processor_share: Number(processorShare.toFixed(2)),
    disk: {
      folder: disk.folder,
      free_bytes: disk.freeBytes,
      sample_bytes: disk.sampleBytes,
      ...rateField('write_bytes_per_second', disk.writeRate),
      ...rateField('read_bytes_per_second', disk.readRate),
      read_from_memory: disk.readFromMemory,
      ...(disk.trouble === undefined ? {} : { trouble: disk.trouble }),
    },
    sealing: seal.map(({ content, oneThreadRate, allThreadsRate, ratio }) => ({
      content,
      ...rateField('one_thread_bytes_per_second', oneThreadRate),
      ...rateField('all_threads_bytes_per_second', allThreadsRate),
      compression_ratio: ratio,
    })),
  });
  for (const { content, oneThreadRate, allThreadsRate, ratio } of seal) {
    const what = content === 'text' ? `text (${ratio.toFixed(1)} times smaller)` : 'photos, films';
    session.print(
      `seal      ${speed(oneThreadRate)} with one thread, ${speed(allThreadsRate)} with ${count(threads, 'thread')}: ${what}`,
    );
  }
  if (processorShare < BUSY) {
    const share = Math.round(processorShare * 100);
    session.print(
      `          this machine is busy: one thread got ${share}% of a processor, so at rest it can do more`,
    );
  }
  session.print(`disk      ${printable(diskText(disk))}`);
}

function peerJson(peer: PeerBench): Readonly<Record<string, unknown>> {
  return {
    peer_id: peer.peer,
    name: peer.name,
    zone: peer.zone,
    holder: peer.holder,
    ...(peer.latencyMs === undefined ? {} : { latency_ms: peer.latencyMs }),
    ...rateField('send_bytes_per_second', peer.sendRate),
    ...rateField('receive_bytes_per_second', peer.receiveRate),
    bytes_sent: peer.bytesSent,
    bytes_received: peer.bytesReceived,
    ...(peer.trouble === undefined ? {} : { trouble: peer.trouble }),
  };
}

export function printMesh(session: Session, mesh: MeshBench): void {
  const { copiesTarget, trialMesh, joinMs, peers, leftOut } = mesh;
  for (const peer of peers) session.emit({ message_type: 'peer', ...peerJson(peer) });
  session.emit({
    message_type: 'mesh',
    copies_target: copiesTarget,
    trial_mesh: trialMesh,
    join_ms: Math.round(joinMs),
    left_out: leftOut,
  });
  session.print(
    `mesh      joined in ${(joinMs / 1000).toFixed(1)} s; ${count(peers.length, 'peer')} can take chunks`,
  );
  const rows = peers.map(({ name, latencyMs, sendRate, receiveRate, trouble }) => [
    printable(name),
    latencyMs === undefined ? '-' : `${latencyMs.toFixed(1)} ms`,
    speed(sendRate),
    speed(receiveRate),
    trouble === undefined ? '' : printable(trouble),
  ]);
  if (rows.length > 0) {
    for (const line of tableLines(COLUMNS, rows)) session.print(`  ${line}`);
  }
  for (const { name, reason } of leftOut) session.print(`  ${printable(name)}: left out, ${reason}`);
  if (trialMesh) session.print('  all peers run on this machine: the figures of a real mesh are others');
}

export function printVerdict(session: Session, verdict: FirstBackup): void {
  session.emit({
    message_type: 'summary',
    bytes: verdict.bytes,
    fastest_seconds: Math.round(verdict.fastestSeconds),
    slowest_seconds: Math.round(verdict.slowestSeconds),
    bottleneck: verdict.bottleneck,
    line_measured: verdict.lineMeasured,
    sentences: verdict.sentences,
  });
  session.tell('');
  for (const sentence of verdict.sentences) session.print(printable(sentence));
}
