/** All commands of `vault-peer`, and the last lines of its help. */

import { EXIT_CODES } from '../cli/exit-codes.ts';
import type { Program } from '../cli/terminal/command.ts';
import { completionCommand } from '../cli/terminal/completion-command.ts';
import { environmentOf } from '../cli/terminal/environment.ts';
import { manCommand } from '../cli/terminal/man-command.ts';
import { drain } from './commands/drain.ts';
import { importCommand } from './commands/import.ts';
import { init } from './commands/init.ts';
import { join } from './commands/join.ts';
import { run } from './commands/run.ts';
import { status } from './commands/status.ts';
import { ticket } from './commands/ticket.ts';

export const peerProgram: Program = {
  name: 'vault-peer',
  about: 'keeps encrypted chunks for the members of a mesh',
  commands: [
    init,
    join,
    run,
    ticket,
    status,
    drain,
    importCommand,
    completionCommand('vault-peer', () => peerProgram),
    manCommand('vault-peer', () => peerProgram),
  ],
  defaultCommand: 'run',
  notes: [
    "State is kept in --data DIR, else in VAULT_PEER_HOME, else in the platform's data folder.",
    'Without a command, "run" is meant.',
  ],
  environment: environmentOf('vault-peer'),
  exitCodes: EXIT_CODES.filter(({ code }) => [0, 1, 10, 21, 22, 130].includes(code)),
};
