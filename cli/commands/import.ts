/** `vault import`: feeds the mesh from an export. */
import { VaultError } from '../../src/index.ts';
import { repairExitCode, repairPrinter } from '../printers/repair.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { FROM_OPTION, placesOf } from './from-options.ts';
import { noPositionals, withVault } from './vault-options.ts';

interface ImportPlan {
  readonly from: readonly string[];
}

function parseImport(args: Arguments): ImportPlan {
  noPositionals(args, 'import');
  const from = args.values('from');
  if (from.length > 0) return { from };
  throw new VaultError('usage', '--from is missing', {
    hint: 'For example: vault import --from /media/stick',
  });
}

export const importCommand: CommandSpec = defineCommand<ImportPlan>({
  name: 'import',
  summary: 'give the mesh what an export has and holders lack',
  usage: '--from DIR [--from DIR]...',
  options: [FROM_OPTION],
  details: `
Makes every copy that the mesh lacks, as "vault repair" does, and reads the folders of an export for it before it asks any peer. So a vault comes into a new
mesh (after "vault recover --from DIR --ticket T"), and chunks that all holders have lost come back.

To spare a friend's slow line, carry the export there and run "vault-peer import --from DIR" on the machine of the peer: it needs no key.

Exit codes: 0 every chunk has all its copies; 21 some still have fewer; 23 some chunk is nowhere, and holders are silent; 24 nowhere.

  vault import --from /media/stick-a --from /media/stick-b`,
  afterInterrupt: 'Run it again: copies that are made are not made twice.',
  parse: parseImport,
  run: ({ from }, session) =>
    withVault(session, async (vault) => {
      const report = await repairPrinter(session).during((onProgress) =>
        vault.importFrom({ from: placesOf(session, from), onProgress, signal: session.signal }),
      );
      return repairExitCode(report);
    }),
});
