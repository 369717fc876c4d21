/** Puts the compiled programs and the packages they use into few files: Node looks for a thousand small ones longer than most commands work. */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

/** They find their own binary beside them. */
const NATIVE = [/^koffi/, /^@napi-rs\//, /^@node-rs\//, /^classic-level/, /^datastore-level/];

/** Compiled programs in `dist`, by their names: `{ cli: 'cli/main.js' }` becomes `dist/programs/cli.js`. */
export async function bundlePrograms(
  dist: string,
  programs: Readonly<Record<string, string>>,
): Promise<void> {
  const threads = fs.readdirSync(path.join(dist, 'src/backup')).filter((name) => name.endsWith('-worker.js'));
  const inputs = Object.entries(programs).map(([name, file]) => [name, path.join(dist, file)]);
  for (const name of threads) {
    inputs.push([path.basename(name, '.js'), path.join(dist, 'src/backup', name)]);
  }
  const bundle = await rolldown({
    input: Object.fromEntries(inputs) as Record<string, string>,
    platform: 'node',
    external: NATIVE,
    onLog: (level, log) => {
      if (level === 'warn') throw new Error(log.message);
    },
  });
  await bundle.write({
    dir: path.join(dist, 'programs'),
    format: 'esm',
    // All in one folder: a thread is started by the name of its file, beside the file that starts it.
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  });
  await bundle.close();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const dist = path.resolve(import.meta.dirname, '../dist');
  await bundlePrograms(dist, { cli: 'cli/main.js', peer: 'peer/main.js' });
  for (const unused of ['cli', 'peer']) fs.rmSync(path.join(dist, unused), { recursive: true });
}
