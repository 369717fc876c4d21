/** `vault key combine`: the 24 words from enough shares. */
import { combineShares } from '../../src/index.ts';
import { wordLines } from '../printers/recovery-sheet.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { writePrivateFile } from '../terminal/private-file.ts';
import type { Session } from '../terminal/session.ts';
import { readShares, SHARES_FILE_OPTION } from './shares-input.ts';
import { noPositionals } from './vault-options.ts';

interface CombinePlan {
  readonly files: readonly string[];
  readonly output?: string;
}

function parseCombine(args: Arguments): CombinePlan {
  noPositionals(args, 'key combine');
  const output = args.value('output');
  return { files: args.values('shares-file'), ...(output === undefined ? {} : { output }) };
}

async function run({ files, output }: CombinePlan, session: Session): Promise<number> {
  const { vaultId, words, used, ignored } = await combineShares(await readShares(session, files));
  for (const { name, reason } of ignored) session.warn(`${name} was not used: ${reason}`);
  if (output !== undefined) await writePrivateFile(output, `${wordLines(words).join('\n')}\n`);
  const told = output === undefined ? { recovery_words: words } : { file: output };
  const facts = { shares_used: used, shares_ignored: ignored };
  session.emit({ message_type: 'combined', vault_id: vaultId, ...told, ...facts });
  session.tell(`The shares give the words of vault ${vaultId}:`);
  if (output === undefined) for (const line of wordLines(words)) session.print(`  ${line}`);
  else session.print(`wrote     ${output}`);
  return 0;
}

export const keyCombine: CommandSpec = defineCommand<CombinePlan>({
  name: 'key combine',
  summary: 'get the 24 words back from shares',
  usage: '[--shares-file F]... [--output FILE]',
  options: [
    SHARES_FILE_OPTION,
    { name: 'output', short: 'o', value: 'FILE', about: 'write the words there instead of showing them' },
  ],
  details: `
Asks for the shares row by row, or reads them from files, and shows the 24 words. Needs no vault, no passphrase and no mesh. Says which share is
mistyped, and in which row; which is of another split; which is false, if there are more than just enough; and how many are missing. To
restore, "vault recover --shares" takes the shares at once.

  vault key combine --shares-file share-1-of-5.html --shares-file share-4-of-5.html --shares-file share-5-of-5.html`,
  parse: parseCombine,
  run,
});
