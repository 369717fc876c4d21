/** `vault-peer run`: serves until SIGTERM or Ctrl-C, and then ends cleanly. */
import path from 'node:path';
import { type CommandSpec, defineCommand } from '../../cli/terminal/command.ts';
import { LIMIT_OPTIONS } from '../../cli/terminal/limits.ts';
import type { Session } from '../../cli/terminal/session.ts';
import { packageRoot } from '../../cli/terminal/version.ts';
import { type RunningPeer, startPeer, startScheduler } from '../../src/index.ts';
import { DATA_OPTION, folderOf, noPositionals } from './peer-options.ts';
import { parseUpkeep, UPKEEP_OPTIONS, type UpkeepPlan } from './upkeep-options.ts';

interface RunPlan extends UpkeepPlan {
  readonly data?: string;
  readonly untilStdinEnds: boolean;
}

/** Resolves when it is time to stop: a signal, or (for programs that started us) their end. */
function endOf(plan: RunPlan, session: Session): Promise<void> {
  const { signal, terminal } = session;
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (!plan.untilStdinEnds) return;
    terminal.stdin.on('end', resolve);
    terminal.stdin.on('error', () => resolve());
    terminal.stdin.resume();
  });
}

/** The event loop waits for the peer, also while no connection is open. */
async function serve(peer: RunningPeer, plan: RunPlan, session: Session): Promise<void> {
  const awake = setInterval(() => undefined, 60_000);
  const ended = endOf(plan, session);
  const { peerId, settings } = peer;
  session.emit({
    message_type: 'ready',
    peer_id: peerId,
    addresses: peer.addresses(),
    ticket: await peer.ticket(),
    name: settings.name,
    zone: settings.zone,
  });
  session.print(
    `ready: ${settings.name} (${peerId}) in zone ${settings.zone} at ${peer.addresses().join(' ')}`,
  );
  await ended;
  clearInterval(awake);
  session.tell('stopping');
}

/** The backups of this machine that are due meanwhile; a run under way ends before the peer does. */
async function withSchedules(plan: RunPlan, session: Session, work: () => Promise<void>): Promise<void> {
  const scheduler = await startScheduler({
    folder: folderOf(session, plan.data),
    program: path.join(packageRoot(), 'cli', 'vault.mjs'),
    env: session.terminal.env,
    onWarning: session.warn,
    onDetail: session.detail,
  });
  try {
    await work();
  } finally {
    await scheduler.stop();
  }
}

export const run: CommandSpec = defineCommand<RunPlan>({
  name: 'run',
  summary: 'serve until stopped (the default)',
  usage: '[--lost-after TIME] [--repair-limit SIZE] [--data DIR]',
  options: [
    ...UPKEEP_OPTIONS,
    ...LIMIT_OPTIONS,
    DATA_OPTION,
    { name: 'until-stdin-ends', internal: true, about: 'stop when standard input ends' },
  ],
  details: `
Prints one line when it is ready; with --json a JSON line with peer_id, addresses and ticket. Ends cleanly on SIGTERM and Ctrl-C. Identity,
known peers and chunks are kept across restarts. Two runs on one folder are refused.

While it runs it looks after the vaults it keeps, also while their owners are off: it compares with the other holders, fetches what it should
have, audits them and re-reads its own disk. It also runs the backups that "vault schedule add" asked for on this machine. The times apply to this run; write them as 90s, 15min, 72h or 14d.`,
  parse: (args) => {
    noPositionals(args, 'run');
    const data = args.value('data');
    return {
      ...parseUpkeep(args),
      ...(data === undefined ? {} : { data }),
      untilStdinEnds: args.has('until-stdin-ends'),
    };
  },
  run: async (plan, session) => {
    const { upkeep, maxVaultBytes, maxChunks, maxVaultChunks } = plan;
    const peer = await startPeer({
      folder: folderOf(session, plan.data),
      upkeep,
      ...(session.mode.limits ? { limits: session.mode.limits } : {}),
      ...(maxVaultBytes === undefined ? {} : { maxVaultBytes }),
      ...(maxChunks === undefined ? {} : { maxChunks }),
      ...(maxVaultChunks === undefined ? {} : { maxVaultChunks }),
      onWarning: session.warn,
      onDetail: session.detail,
    });
    try {
      await withSchedules(plan, session, () => serve(peer, plan, session));
    } finally {
      await peer.stop();
    }
    return 0;
  },
});
