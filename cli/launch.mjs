/**
 * Starts one of the two programs on a Node that is new enough, or says in one line that there is none.
 * Plain JavaScript that old Node versions can parse too: nothing newer than ES2018 here.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import nodeModule from 'node:module';
import { constants, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Node's crypto.argon2 begins here. */
const NEEDED = [24, 7];
/**
 * A smaller young generation: buffers that were sent or written are given back sooner, which takes about 100 MiB off the peak (T4); with 8 instead of 4 it is 10 to 25 MiB more and no faster. And
 * an old one that at most doubles between two collections. Chunks on their way count as part of it: with less, every ten of them made the
 * collector run, in peers too, which was a fifth of all processor time of a backup.
 * V8 reads these at start only, so the process is replaced in place once, where the system can do that.
 */
const MEMORY_FLAGS = ['--max-semi-space-size=4', '--heap-growing-percent=100'];
/** Done before V8 has grown anything: not worth a second start. */
const QUICK = ['help', '--help', '-h', '--version', '-V'];
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'];

function isNewEnough(version) {
  const parts = version.split('.').map(Number);
  return parts[0] > NEEDED[0] || (parts[0] === NEEDED[0] && parts[1] >= NEEDED[1]);
}

/** The Node of the `node` package, looked for beside the program and in every folder above it. */
function packagedNode(from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const file = join(
      folder,
      'node_modules',
      'node',
      'bin',
      process.platform === 'win32' ? 'node.exe' : 'node',
    );
    if (existsSync(file)) return file;
    if (dirname(folder) === folder) return undefined;
  }
}

/** Runs the same command line on `node`. The extra channel tells the child when this process is killed. */
function runOn(node, args) {
  const child = spawn(node, MEMORY_FLAGS.concat(args), { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  for (const name of FORWARDED) {
    if (name in constants.signals) process.on(name, () => child.kill(name));
  }
  child.on('error', (error) => {
    process.stderr.write(`cannot start ${node}: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (code !== null) process.exit(code);
    // Node gives a signal back to the system when the last one who listened has gone; SIGPIPE it ignores until then.
    process.on(signal, () => undefined);
    for (const name of FORWARDED.concat(signal)) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

/** In the child of `runOn`: ends like after SIGTERM when the launcher is gone. */
function followLauncher() {
  if (process.channel === undefined || process.channel === null) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}

function restartWithMemoryFlag(file) {
  const args = process.argv.slice(2);
  if (MEMORY_FLAGS.every((flag) => process.execArgv.includes(flag)) || process.platform === 'win32') return;
  if (typeof process.execve !== 'function' || args.some((arg) => QUICK.includes(arg))) return;
  // A replaced process has no channel to the one that started it any more; who gave us one gives the flags too.
  if (process.channel !== undefined && process.channel !== null) return;
  const flags = MEMORY_FLAGS.concat(process.execArgv);
  process.execve(process.execPath, [process.execPath].concat(flags, file, args), process.env);
}

function silenceExperimentalWarnings() {
  const emit = process.emitWarning;
  process.emitWarning = function emitWarning(warning, ...rest) {
    const first = rest[0];
    const type = typeof first === 'object' && first !== null ? first.type : first;
    if (type === 'ExperimentalWarning' || (warning && warning.name === 'ExperimentalWarning')) return;
    emit.call(process, warning, ...rest);
  };
}

/** What is asked most often by scripts, answered before anything is loaded. The program answers every other form of the question. */
function tellVersion(folder) {
  const [option, ...more] = process.argv.slice(2);
  if (more.length > 0 || (option !== '--version' && option !== '-V')) return false;
  const { version } = JSON.parse(readFileSync(join(folder, '..', 'package.json'), 'utf8'));
  process.stdout.write(`${folder.endsWith('peer') ? 'vault-peer' : 'vault'} ${version}\n`);
  return true;
}

/**
 * Node keeps what it compiled, which is half of the time that loading takes: in a folder of the user's own, as whoever can write there
 * can make this program do anything. NODE_DISABLE_COMPILE_CACHE=1 keeps nothing.
 */
function rememberCompiled() {
  const caches = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  nodeModule.enableCompileCache(join(caches, 'vault-mesh', 'compiled'));
}

/** `launcher` is the URL of the program's own file; its `main.ts` (checkout) or `dist/programs/*.js` (package) is run. */
export async function launch(launcher) {
  const file = fileURLToPath(launcher);
  const folder = dirname(file);
  if (!isNewEnough(process.versions.node)) {
    const node = process.env.VAULT_LAUNCHED === '1' ? undefined : packagedNode(folder);
    if (node === undefined) {
      const needed = NEEDED.join('.');
      const message = `vault-mesh needs Node ${needed} or newer; this is Node ${process.versions.node}.`;
      const line = { message_type: 'exit_error', code: 1, message };
      const json = process.argv.slice(2).includes('--json');
      process.stderr.write(`${json ? JSON.stringify(line) : message}\n`);
      process.exit(1);
    }
    process.env.VAULT_LAUNCHED = '1';
    runOn(node, [file].concat(process.argv.slice(2)));
    return;
  }
  delete process.env.VAULT_LAUNCHED;
  if (tellVersion(folder)) return;
  silenceExperimentalWarnings();
  restartWithMemoryFlag(file);
  followLauncher();
  rememberCompiled();
  const source = join(folder, 'main.ts');
  const part = folder.slice(dirname(folder).length + 1);
  const main = existsSync(source) ? source : join(folder, '..', 'dist', 'programs', `${part}.js`);
  await import(pathToFileURL(main).href);
}
