/** `completion`, the same in both programs: prints the script that completes their command lines in a shell. */
import { VaultError } from '../../src/index.ts';
import { type CommandSpec, defineCommand, type Program } from './command.ts';
import { completionScript, SHELLS, type Shell } from './completion.ts';

interface CompletionPlan {
  readonly shell: Shell;
}

/** `program` is asked when the command runs, as it has this command in it. */
export function completionCommand(name: string, program: () => Program): CommandSpec {
  return defineCommand<CompletionPlan>({
    name: 'completion',
    summary: 'print a completion script for your shell',
    usage: SHELLS.join('|'),
    options: [],
    details: `
For one session, or in the file that your shell reads at its start:

  bash        source <(${name} completion bash)
  zsh         source <(${name} completion zsh)
  fish        ${name} completion fish > ~/.config/fish/completions/${name}.fish
  PowerShell  ${name} completion powershell | Out-String | Invoke-Expression`,
    parse: (args) => {
      const [word, extra] = args.positionals;
      const shell = SHELLS.find((known) => known === word);
      if (shell !== undefined && extra === undefined) return { shell };
      throw new VaultError('usage', `name one shell: ${SHELLS.join(', ')}`, {
        hint: `For example: source <(${name} completion bash)`,
      });
    },
    run: async ({ shell }, session) => {
      const script = completionScript(program(), shell);
      session.emit({ message_type: 'completion', shell, script });
      session.print(script);
      return 0;
    },
  });
}
