/** `vault mount`: every snapshot in the system's own file manager, until Ctrl-C. */
import { parseBytes, VaultError } from '../../src/index.ts';
import { printMounted } from '../printers/mount.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import type { Session } from '../terminal/session.ts';
import { noPositionals, withVault } from './vault-options.ts';

interface MountPlan {
  readonly port?: number;
  readonly cacheBytes?: number;
}

const MAX_PORT = 65_535;

function parseMount(args: Arguments): MountPlan {
  noPositionals(args, 'mount');
  const port = args.value('port');
  const cache = args.value('cache');
  if (port !== undefined && (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > MAX_PORT)) {
    throw new VaultError('usage', `--port takes a number from 1 to ${MAX_PORT}, not "${port}"`);
  }
  return {
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(cache === undefined ? {} : { cacheBytes: parseBytes(cache) }),
  };
}

/** Resolves at Ctrl-C or SIGTERM. The event loop waits for it, also while no client is connected. */
function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function run(plan: MountPlan, session: Session): Promise<number> {
  return withVault(session, async (vault) => {
    const mounted = await vault.mount({ ...plan, signal: session.signal });
    try {
      printMounted(session, mounted);
      await ended(session.signal);
    } finally {
      await mounted.close();
    }
    session.emit({ message_type: 'unmounted' });
    return 0;
  });
}

export const mount: CommandSpec = defineCommand<MountPlan>({
  name: 'mount',
  summary: 'look at all snapshots in the file manager of this machine, read-only',
  usage: '[--port N] [--cache SIZE]',
  options: [
    { name: 'port', value: 'N', about: 'port of 127.0.0.1 to listen on; any free one when absent' },
    { name: 'cache', value: 'SIZE', about: 'most memory for what was read last; default 64MiB' },
  ],
  details: `
Serves the snapshots over WebDAV on this machine only, and says how to open them with Explorer, Finder, Files, davfs2, rclone or a browser. They are
sorted as snapshots/TIME, ids/ID, hosts/HOST/TIME, tags/TAG/TIME, with "latest" in each; new snapshots appear while it runs, and backups of
this machine can run meanwhile. Nothing can be changed through it. Ctrl-C ends it.

"?tar" behind the address of a folder downloads it with all its attributes, which a file manager would lose.

Whoever has the address, and works on this machine, can read the backups as long as it runs. The next run has another one.

  vault mount`,
  parse: parseMount,
  run,
});
