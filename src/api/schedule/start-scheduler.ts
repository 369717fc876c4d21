/** Runs the schedules of a peer's folder in this process: the real disk, clock, processes, folders and battery behind the `Scheduler`. */
import { hostname } from 'node:os';
import { pathRules } from '../../policy/path-rules.ts';
import type { FolderWatch } from '../../runtime/folder-watch.ts';
import { nodeDisk } from '../../runtime/node-disk.ts';
import { nodeFolderWatch } from '../../runtime/node-folder-watch.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { systemRandom } from '../../runtime/system-random.ts';
import { tryLockFolder } from '../folder-lock.ts';
import { childCommands } from './child-commands.ts';
import type { Commands } from './commands.ts';
import type { Run } from './perform-run.ts';
import { onBattery } from './power.ts';
import { runSchedule } from './run-schedule.ts';
import { ScheduleFolder } from './schedule-folder.ts';
import type { Schedule } from './schedule-types.ts';
import { Scheduler } from './scheduler.ts';
import { secretFile } from './secret-file.ts';

export interface SchedulerOptions {
  /** The peer's. */
  readonly folder: string;
  /** Path of the launcher of `vault`, `cli/vault.mjs`. */
  readonly program: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onWarning?: (message: string) => void;
  readonly onDetail?: (message: string) => void;
}

export interface RunningScheduler {
  /** Ends what runs, cleanly. */
  stop(): Promise<void>;
}

/** When the system gives no more watches, the folders are looked at this often instead. */
const UNWATCHED_MS = 15 * 60_000;

export function scheduleFolder(peerFolder: string): ScheduleFolder {
  return new ScheduleFolder(peerFolder, nodeDisk(), tryLockFolder);
}

/** A run with real processes. */
export function realRun(folder: ScheduleFolder, commands: Commands, env: SchedulerOptions['env']): Run {
  const secret = (schedule: Schedule): Promise<string> =>
    secretFile(schedule.unlock, {
      ownKeyFile: folder.passphraseFile(schedule.name),
      credentials: env.CREDENTIALS_DIRECTORY,
      uid: process.getuid?.(),
    });
  return (schedule, options) =>
    runSchedule(schedule, { commands, secretFile: secret, hostName: hostname() }, options);
}

export function startScheduler(options: SchedulerOptions): RunningScheduler {
  const { env, program, onWarning = ignored, onDetail = ignored } = options;
  const folder = scheduleFolder(options.folder);
  const commands = childCommands({ program, env, clock: systemClock });
  const told = new Set<string>();
  const scheduler = new Scheduler({
    folder,
    clock: systemClock,
    random: systemRandom,
    run: realRun(folder, commands, env),
    watch: (schedule, onChange) =>
      watchSchedule(schedule, onChange, (text) => {
        if (!told.has(text)) onWarning(text);
        told.add(text);
      }),
    onBattery,
    alarm: async ({ onAlarm, name, home }, text, signal) => {
      if (onAlarm === undefined) return;
      const facts = { VAULT_HOME: home, VAULT_SCHEDULE: name, VAULT_ALARM: text };
      const { exitCode, tail } = await commands.shell(onAlarm, facts, signal);
      if (exitCode !== 0) onWarning(`schedule ${name}: the alarm's command ended with ${exitCode}: ${tail}`);
    },
    onWarning,
    onDetail,
  });
  scheduler.start();
  return scheduler;
}

function watchSchedule(
  schedule: Schedule,
  onChange: () => void,
  onWarning: (text: string) => void,
): FolderWatch {
  const excludes = pathRules(schedule.excludes);
  let cancel = (): void => undefined;
  const watch = nodeFolderWatch({
    paths: schedule.paths,
    skips: (path) => excludes.matches(path),
    onChange,
    onTrouble: (why) => {
      onWarning(
        `schedule ${schedule.name}: not everything can be watched (${why}); it is backed up every 15 minutes instead`,
      );
      cancel = systemClock.schedule(UNWATCHED_MS, onChange);
    },
  });
  return {
    ready: watch.ready,
    close: () => {
      cancel();
      watch.close();
    },
  };
}

function ignored(): void {
  // Nobody listens.
}
