/** All commands of `vault`, and the last lines of its help. */
import { backup } from './commands/backup.ts';
import { benchCommand } from './commands/bench.ts';
import { cat } from './commands/cat.ts';
import { check } from './commands/check.ts';
import { copy } from './commands/copy.ts';
import { demo } from './commands/demo.ts';
import { deviceAdd } from './commands/device-add.ts';
import { deviceList } from './commands/device-list.ts';
import { deviceRetire } from './commands/device-retire.ts';
import { diff } from './commands/diff.ts';
import { doctor } from './commands/doctor.ts';
import { dump } from './commands/dump.ts';
import { exportCommand } from './commands/export.ts';
import { find } from './commands/find.ts';
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
import { mount } from './commands/mount.ts';
import { peers } from './commands/peers.ts';
import { prune } from './commands/prune.ts';
import { recover } from './commands/recover.ts';
import { repair } from './commands/repair.ts';
import { restore } from './commands/restore.ts';
import { rewrite } from './commands/rewrite.ts';
import { scheduleAdd } from './commands/schedule-add.ts';
import { scheduleCheck } from './commands/schedule-check.ts';
import { scheduleList } from './commands/schedule-list.ts';
import { scheduleLog } from './commands/schedule-log.ts';
import { schedulePause, scheduleResume } from './commands/schedule-pause.ts';
import { scheduleRemove } from './commands/schedule-remove.ts';
import { scheduleRun } from './commands/schedule-run.ts';
import { snapshots } from './commands/snapshots.ts';
import { stats } from './commands/stats.ts';
import { status } from './commands/status.ts';
import { tag } from './commands/tag.ts';
import { undelete } from './commands/undelete.ts';
import { EXIT_CODES } from './exit-codes.ts';
import type { Program } from './terminal/command.ts';
import { completionCommand } from './terminal/completion-command.ts';
import { environmentOf } from './terminal/environment.ts';
import { manCommand } from './terminal/man-command.ts';

export const vaultProgram: Program = {
  name: 'vault',
  about: "encrypted backups on your own and your friends' machines",
  commands: [
    init,
    recover,
    backup,
    snapshots,
    ls,
    find,
    diff,
    restore,
    mount,
    dump,
    stats,
    cat,
    peers,
    status,
    check,
    repair,
    doctor,
    benchCommand,
    forget,
    prune,
    undelete,
    tag,
    rewrite,
    copy,
    scheduleAdd,
    scheduleList,
    scheduleLog,
    scheduleRun,
    scheduleCheck,
    schedulePause,
    scheduleResume,
    scheduleRemove,
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
    completionCommand('vault', () => vaultProgram),
    manCommand('vault', () => vaultProgram),
  ],
  notes: [
    "State is kept in VAULT_HOME, else in the platform's config folder. The passphrase comes from VAULT_PASSWORD,",
    'VAULT_PASSWORD_FILE or VAULT_PASSWORD_COMMAND, else it is asked.',
  ],
  environment: environmentOf('vault'),
  exitCodes: EXIT_CODES,
};
