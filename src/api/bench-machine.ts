/** What this machine can do for a backup: its disk, and its processors with one thread and with all that a backup uses. */
import { inlineCrew } from '../backup/inline-crew.ts';
import { deriveVaultKeys, type VaultKeys } from '../crypto/vault-keys.ts';
import { KEY_BYTES } from '../model/ids.ts';
import { MiB } from '../model/units.ts';
import { benchDisk } from './bench-disk.ts';
import { sealingRate } from './bench-engine.ts';
import { incompressible, textLike } from './bench-sample.ts';
import type { MachineBench, MachineBenchOptions, SealBench } from './bench-types.ts';
import type { Surroundings } from './surroundings.ts';
import { systemSurroundings } from './system-surroundings.ts';

const SAMPLE_BYTES: number = 16 * MiB;
const MEASURE_MS = 1500;
/** Threads begin, and the code gets fast, before anything counts: so much of the time of a measurement. */
const WARM_UP = 0.5;
const BUNDLE_BYTES: number = MiB;

export async function benchMachine(
  options: MachineBenchOptions,
  surroundings: Surroundings = systemSurroundings,
): Promise<MachineBench> {
  const { folder, signal, onProgress, measureMs = MEASURE_MS } = options;
  const { random, disk, clock } = surroundings;
  const photos = incompressible(random, SAMPLE_BYTES);
  onProgress?.({ stage: 'disk' });
  const abort = signal ? { signal } : {};
  const diskBench = await benchDisk({ folder, disk, clock, sample: photos, ms: 2 * measureMs, ...abort });
  const keys = deriveVaultKeys(random.bytes(KEY_BYTES));
  const seal: SealBench[] = [];
  let threads = 1;
  const shares: number[] = [];
  for (const content of ['incompressible', 'text'] as const) {
    const sample = content === 'text' ? textLike(random, SAMPLE_BYTES) : photos;
    onProgress?.({ stage: 'one-thread' });
    const one = await measured(inlineCrew, sample, keys, options, surroundings);
    shares.push(one.share);
    onProgress?.({ stage: 'all-threads' });
    const all = await measured(surroundings.crew, sample, keys, options, surroundings);
    threads = all.threads;
    seal.push({
      content,
      oneThreadRate: one.rate,
      allThreadsRate: all.rate,
      ratio: one.sealedBytes === 0 ? 1 : one.plainBytes / one.sealedBytes,
    });
  }
  return { threads, processorShare: Math.min(...shares), disk: diskBench, seal };
}

async function measured(
  make: Surroundings['crew'],
  sample: Uint8Array,
  keys: VaultKeys,
  { signal, measureMs = MEASURE_MS }: MachineBenchOptions,
  { clock, fileSource }: Surroundings,
) {
  const crew = make(fileSource(), keys, { bundleBytes: BUNDLE_BYTES });
  const parts = { crew, keys, clock, sample, ...(signal ? { signal } : {}) };
  try {
    await sealingRate({ ...parts, ms: measureMs * WARM_UP });
    const [startMs, before] = [clock.monotonicMs(), process.cpuUsage()];
    const found = await sealingRate({ ...parts, ms: measureMs });
    const { user, system } = process.cpuUsage(before);
    const share = Math.min(1, (user + system) / 1000 / (clock.monotonicMs() - startMs));
    return { threads: crew.hands, share, ...found };
  } finally {
    await crew.close();
  }
}
