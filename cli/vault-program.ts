/** All commands of `vault`, and the last lines of its help. */
import { backup } from './commands/backup.ts';
import { check } from './commands/check.ts';
import { demo } from './commands/demo.ts';
import { deviceAdd } from './commands/device-add.ts';
import { deviceList } from './commands/device-list.ts';
import { deviceRetire } from './commands/device-retire.ts';
import { exportCommand } from './commands/export.ts';
import { forget } from './commands/forget.ts';
import { importCommand } from './commands/import.ts';
import { init } from './commands/init.ts';
import { keyAdd } from './commands/key-add.ts';
import { keyCombine } from './commands/key-combine.ts';
import { keyList } from './commands/key-list.ts';
import { keyPasswd } from './commands/key-passwd.ts';
import { keyRecoverySheet } from './commands/key-recovery-sheet.ts';
import { keyRemove } from './commands/key-remove.ts';
import { keySplit } from './commands/key-split.ts';
import { ls } from './commands/ls.ts';
import { peers } from './commands/peers.ts';
import { prune } from './commands/prune.ts';
import { recover } from './commands/recover.ts';
import { repair } from './commands/repair.ts';
import { restore } from './commands/restore.ts';
import { snapshots } from './commands/snapshots.ts';
import { status } from './commands/status.ts';
import { undelete } from './commands/undelete.ts';
import { EXIT_CODES } from './exit-codes.ts';
import type { Program } from './terminal/command.ts';

export const vaultProgram: Program = {
  name: 'vault',
  about: "encrypted backups on your own and your friends' machines",
  commands: [
    init,
    recover,
    backup,
    snapshots,
    ls,
    restore,
    peers,
    status,
    check,
    repair,
    forget,
    prune,
    undelete,
    exportCommand,
    importCommand,
    deviceList,
    deviceAdd,
    deviceRetire,
    keyList,
    keyAdd,
    keyPasswd,
    keyRemove,
    keyRecoverySheet,
    keySplit,
    keyCombine,
    demo,
  ],
  notes: [
    "State is kept in VAULT_HOME, else in the platform's config folder. The passphrase comes from VAULT_PASSWORD,",
    'VAULT_PASSWORD_FILE or VAULT_PASSWORD_COMMAND, else it is asked.',
    '',
    'Exit codes:',
    ...EXIT_CODES.map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`),
  ],
};
