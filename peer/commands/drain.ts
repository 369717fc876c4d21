/** `vault-peer drain`: empties a running peer before it leaves the mesh for good. */
import { type CommandSpec, defineCommand } from '../../cli/terminal/command.ts';
import type { Session } from '../../cli/terminal/session.ts';
import { drainPeer, type UpkeepReport } from '../../src/index.ts';
import { DATA_OPTION, folderOf, noPositionals } from './peer-options.ts';
import { drainLine, upkeepJson } from './upkeep-text.ts';

interface DrainPlan {
  readonly data?: string;
  readonly on: boolean;
  readonly wait: boolean;
}

/** Says what changed, and nothing twice. */
function reporter(session: Session): (upkeep: UpkeepReport) => void {
  let said = '';
  return (upkeep) => {
    const line = drainLine(upkeep);
    if (line === said) return;
    said = line;
    session.emit({ message_type: 'drain', ...upkeepJson(upkeep) });
    session.tell(line);
  };
}

export const drain: CommandSpec = defineCommand<DrainPlan>({
  name: 'drain',
  summary: 'empty this peer before it leaves; says when it may be switched off',
  usage: '[--undo] [--no-wait] [--data DIR]',
  options: [
    { name: 'undo', about: 'take part again' },
    { name: 'no-wait', about: 'do not wait until it may be switched off; "vault-peer status" tells' },
    DATA_OPTION,
  ],
  details: `
The running peer takes no new data, other peers copy what it keeps, and it says when every chunk has all its copies elsewhere, as those who keep
them have proved. Only then switch it off. It goes on draining when this command is interrupted, and after a restart.

With too few other peers it never gets safe: let others join first, the members invite them by themselves.`,
  afterInterrupt: 'The peer goes on draining; "vault-peer drain --undo" ends that.',
  parse: (args) => {
    noPositionals(args, 'drain');
    const data = args.value('data');
    const on = !args.has('undo');
    return { ...(data === undefined ? {} : { data }), on, wait: on && !args.has('no-wait') };
  },
  run: async (plan, session) => {
    const { on, wait } = plan;
    const folder = folderOf(session, plan.data);
    const onProgress = on ? reporter(session) : () => undefined;
    const last = await drainPeer({ folder, on, wait, onProgress, signal: session.signal });
    if (!on) {
      session.emit({ message_type: 'drain', ...upkeepJson(last) });
      session.tell('This peer takes part again.');
    }
    return 0;
  },
});
