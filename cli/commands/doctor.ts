/** `vault doctor`: what is wrong here or in the mesh, and what to do about it. */
import { peerHomeFolder } from '../../src/index.ts';
import { doctorExitCode, printDoctor } from '../printers/doctor.ts';
import { whileWorking } from '../printers/long-work.ts';
import { type CommandSpec, defineCommand } from '../terminal/command.ts';
import { noPositionals, withVault } from './vault-options.ts';

interface DoctorPlan {
  readonly all: true;
}

export const doctor: CommandSpec = defineCommand<DoctorPlan>({
  name: 'doctor',
  summary: 'look for what is wrong here or in the mesh, and say what to do about it',
  usage: '',
  options: [],
  details: `
Looks at the vault's folder (who can read it, can it be written, how full is its disk), at the peers (who answers, how fast, with which version and clock, who
is full), at the copies (what is short, unavailable or lost), and at the peer of this machine, if VAULT_PEER_HOME or the platform's data
folder has one (does it run, does its port answer, is it behind a router). Changes nothing; with -q only what is not in order is told.

Exit codes: 0 nothing that matters; 1 something does, and each such line says what to do.

  vault doctor`,
  afterInterrupt: 'Nothing was changed; run it again.',
  parse: (args) => {
    noPositionals(args, 'doctor');
    return { all: true };
  },
  run: (_plan, session) =>
    withVault(session, async (vault) => {
      const peerFolder = peerHomeFolder({ env: session.terminal.env });
      const looking = vault.doctor({ peerFolder, signal: session.signal });
      const report = await whileWorking(session, 'looking at everything', looking);
      printDoctor(session, report);
      return doctorExitCode(report);
    }),
});
