/**
 * npm run measure -- [--size 1GiB] [--files 100000] [--peers 5]
 *
 * Backs up one large file (incompressible) and many small files to real `vault-peer` processes on this machine, changes a little, backs up again,
 * restores on an empty client, compares, and prints times, rates and the peak memory of client and peers.
 */
import { createCipheriv } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { compareTrees } from '../src/backup/compare.ts';
import { formatBytes, formatDuration, MiB, parseBytes } from '../src/model/units.ts';
import { SeededRandom } from '../src/runtime/seeded-random.ts';
import { World } from './simulate/world.ts';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '1GiB' },
    files: { type: 'string', default: '100000' },
    peers: { type: 'string', default: '5' },
  },
});

interface Case {
  readonly name: string;
  readonly bytes: number;
  readonly make: (folder: string) => void;
  readonly edit: (folder: string) => void;
}

/** Incompressible bytes: an AES key stream. */
function noise(): (length: number) => Uint8Array {
  const cipher = createCipheriv('aes-256-ctr', Buffer.alloc(32, 7), Buffer.alloc(16));
  return (length) => cipher.update(Buffer.alloc(length));
}

function largeFile(bytes: number): Case {
  const next = noise();
  return {
    name: `one file of ${formatBytes(bytes)}`,
    bytes,
    make: (folder) => {
      const file = fs.openSync(path.join(folder, 'large'), 'w');
      for (let left = bytes; left > 0; left -= 16 * MiB) fs.writeSync(file, next(Math.min(left, 16 * MiB)));
      fs.closeSync(file);
    },
    edit: (folder) => {
      const from = path.join(folder, 'large');
      const to = fs.openSync(`${from}.new`, 'w');
      const read = fs.openSync(from, 'r');
      const buffer = Buffer.alloc(16 * MiB);
      const middle = buffer.length * Math.floor(bytes / 2 / buffer.length);
      for (let at = 0; at < bytes; at += buffer.length) {
        if (at === middle) fs.writeSync(to, next(4096));
        fs.writeSync(to, buffer, 0, fs.readSync(read, buffer, 0, buffer.length, at));
      }
      fs.closeSync(to);
      fs.closeSync(read);
      fs.renameSync(`${from}.new`, from);
    },
  };
}

/** Sizes and contents like a source tree's: 200 bytes to 20 KiB, words that compress to about a third. */
function smallFiles(count: number): Case {
  const random = new SeededRandom('small files');
  const words = Array.from({ length: 4000 }, () => Buffer.from(random.bytes(5)).toString('base64url'));
  const text = (length: number): string => {
    let out = '';
    while (out.length < length) out += `${words[Math.floor(random.fraction() ** 3 * words.length)]} `;
    return out.slice(0, length);
  };
  const file = (folder: string, i: number): string =>
    path.join(folder, `d${i % 100}`, `e${i % 1000}`, `file-${i}`);
  const sizes = Array.from({ length: count }, () => Math.floor(200 + 20_000 * random.fraction() ** 3));
  return {
    name: `${count} small files`,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    make: (folder) => {
      for (let i = 0; i < Math.min(count, 1000); i++)
        fs.mkdirSync(path.dirname(file(folder, i)), { recursive: true });
      sizes.forEach((size, i) => {
        fs.writeFileSync(file(folder, i), text(size));
      });
    },
    edit: (folder) => {
      for (let i = 0; i < count; i += 100) fs.appendFileSync(file(folder, i), 'one more line\n');
    },
  };
}

interface Measured {
  readonly ms: number;
  readonly peakRssBytes: number;
  readonly sentBytes: number;
}

async function measured(world: World, home: string, args: readonly string[]): Promise<Measured> {
  let peakRssBytes = 0;
  const result = await world.vault(home, args, {
    onMessage: (_message, child) => {
      const status = fs.existsSync(`/proc/${child.pid}/status`)
        ? fs.readFileSync(`/proc/${child.pid}/status`, 'utf8')
        : '';
      peakRssBytes = Math.max(peakRssBytes, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024);
    },
  });
  if (result.code !== 0) throw new Error(`vault ${args[0]}: exit ${result.code}: ${result.stderr}`);
  const summary = result.messages.find((message) => message.message_type === 'summary');
  return { ms: result.durationMs, peakRssBytes, sentBytes: Number(summary?.data_added_packed ?? 0) };
}

function print(what: string, bytes: number, { ms, peakRssBytes, sentBytes }: Measured): void {
  const rate = `${(bytes / 1e6 / (ms / 1000)).toFixed(0)} MB/s`;
  const sent = sentBytes > 0 ? formatBytes(sentBytes) : '-';
  console.log(
    `  ${what.padEnd(18)} ${formatDuration(ms).padStart(9)} ${rate.padStart(10)}   new data, sealed: ${sent.padEnd(9)}  client peak ${formatBytes(peakRssBytes)}`,
  );
}

async function runCase(test: Case, root: string): Promise<void> {
  const world = await World.start(fs.mkdtempSync(path.join(root, 'case-')), Number(values.peers));
  try {
    const source = path.join(world.root, 'source');
    fs.mkdirSync(source);
    test.make(source);
    await world.createVault('home');
    console.log(
      `${test.name}: ${formatBytes(test.bytes)}, ${values.peers} peers, 3 copies, everything on this machine`,
    );
    for (const run of ['initial backup', 'unchanged', 'small edit']) {
      if (run === 'small edit') test.edit(source);
      print(run, test.bytes, await measured(world, 'home', ['backup', source]));
    }
    await world.recover('empty');
    const target = path.join(world.root, 'target');
    print(
      'restore',
      test.bytes,
      await measured(world, 'empty', ['restore', `latest:${source}`, '--target', target]),
    );
    const differences = await compareTrees(source, target);
    if (differences.length > 0) throw new Error(`restore differs: ${JSON.stringify(differences[0])}`);
    console.log(`  identical; largest peer process ${formatBytes(world.peakPeerRssBytes)}\n`);
  } finally {
    await world.end(false);
  }
}

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'vault-measure-'));
try {
  await runCase(largeFile(parseBytes(values.size)), root);
  await runCase(smallFiles(Number(values.files)), root);
} finally {
  fs.rmSync(root, { recursive: true, force: true });
}
