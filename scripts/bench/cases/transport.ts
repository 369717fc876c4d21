/** Case 8: chunk push to one real peer that keeps its chunks in memory, beside a raw socket and beside plain libp2p as it was measured once. */
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { GiB, MiB } from '../../../src/model/units.ts';
import type { BenchContext } from '../context.ts';
import { measure } from '../measure.ts';
import { LOOPBACK, Mesh } from '../mesh/mesh.ts';
import { PeersMeter } from '../mesh/peers-meter.ts';
import type { Sample } from '../sample.ts';
import { rawTransfer } from '../transport/raw-socket.ts';
import type { Workspace } from '../workspace.ts';

const MEMORY_DISK = '/dev/shm';
const STEP = 'push';

interface Transfer {
  readonly bytes: number;
  readonly wallMs: number;
  readonly senderCpuMs: number;
  readonly receiverCpuMs: number;
}

export async function transportCase({ workspace, programs, options, ledger }: BenchContext): Promise<void> {
  const bytes = options.quick ? 128 * MiB : 512 * MiB;
  const place = peerFolder(workspace, ledger, 2 * bytes * options.runs);
  const mesh = await Mesh.start({ workspace, programs, folder: place, places: [LOOPBACK] });
  const data = `${bytes / MiB} MiB`;
  try {
    for (let run = 0; run < options.runs; run++) {
      const raw = await rawTransfer({ workspace, bytes });
      ledger.add(
        { case: 'transport', data, step: STEP, tool: 'raw socket' },
        true,
        sampleOf({ ...raw, bytes }),
      );
      const sample = await pushTo(mesh, workspace, programs.push, bytes);
      ledger.add({ case: 'transport', data, step: STEP, tool: 'vault chunk push' }, false, sample);
    }
  } finally {
    await mesh.stop();
  }
}

/** In memory where there is enough of it, so that no disk is measured; else in the temporary folder. */
function peerFolder(workspace: Workspace, ledger: BenchContext['ledger'], bytes: number): string {
  if (freeBytes(MEMORY_DISK) < bytes) {
    ledger.skipped.push({
      case: 'transport',
      why: `too little room in ${MEMORY_DISK}: the peer writes to a disk`,
    });
    return workspace.folder('transport');
  }
  const folder = mkdtempSync(path.join(MEMORY_DISK, 'vault-bench-'));
  workspace.onEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return 0;
  }
}

async function pushTo(mesh: Mesh, workspace: Workspace, program: string, bytes: number): Promise<Sample> {
  let answer = { wallMs: 0, cpuMs: 0 };
  const meter = new PeersMeter(mesh.peers);
  const line = [process.execPath, program, mesh.ticketFile, String(bytes)];
  const onLine = (text: string): void => {
    answer = JSON.parse(text) as typeof answer;
  };
  const { writtenBytes } = await measure(workspace, { line, onLine });
  const peers = meter.read();
  const { wallMs, cpuMs: senderCpuMs } = answer;
  const sample = sampleOf({ bytes, wallMs, senderCpuMs, receiverCpuMs: peers.cpuMs });
  return { ...sample, writtenBytes, peers };
}

function sampleOf({ bytes, wallMs, senderCpuMs, receiverCpuMs }: Transfer): Sample {
  return {
    wallMs,
    cpuMs: senderCpuMs,
    peakRssBytes: 0,
    writtenBytes: 0,
    figures: {
      megabytesPerSecond: bytes / 1000 / wallMs,
      senderCpuSecondsPerGiB: (senderCpuMs / 1000) * (GiB / bytes),
      receiverCpuSecondsPerGiB: (receiverCpuMs / 1000) * (GiB / bytes),
    },
  };
}
