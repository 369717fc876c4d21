/** `vault forget`: drops snapshots, by restic's policy or by name; the chunks stay until `vault prune`. */
import { type ForgetOptions, VaultError } from '../../src/index.ts';
import { printForget } from '../printers/forget.ts';
import { whileWorking } from '../printers/long-work.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { LIMIT_OPTIONS } from '../terminal/limits.ts';
import { POLICY_OPTIONS, policyOf } from './forget-policy.ts';
import { groupsOf, SELECTION_OPTIONS, selectionOf } from './selection-options.ts';
import { withVault } from './vault-options.ts';

export type ForgetPlan = Omit<ForgetOptions, 'signal'>;

function needsPolicy(): VaultError {
  return new VaultError('usage', 'nothing says what to keep, and an empty policy would forget everything', {
    hint: 'For example: vault forget --keep-daily 7 --keep-weekly 5 --keep-monthly 12 --dry-run',
  });
}

const POLICY_ONLY = ['group-by', 'host', 'tag', 'path'];

function byName(args: Arguments): Pick<ForgetPlan, 'snapshots'> {
  const clash = [...POLICY_OPTIONS.map(({ name }) => name), ...POLICY_ONLY].find((name) => args.has(name));
  if (clash !== undefined) {
    throw new VaultError(
      'usage',
      `named snapshots are forgotten whatever a policy says: leave out --${clash}`,
    );
  }
  return { snapshots: args.positionals };
}

function byPolicy(args: Arguments): Omit<ForgetPlan, 'snapshots'> {
  const policy = policyOf(args);
  if (policy === undefined) throw needsPolicy();
  return { policy, groupBy: groupsOf(args.value('group-by') ?? 'host,paths'), ...selectionOf(args) };
}

export function parseForget(args: Arguments): ForgetPlan {
  return {
    ...(args.positionals.length > 0 ? byName(args) : byPolicy(args)),
    dryRun: args.has('dry-run'),
    prune: args.has('prune'),
  };
}

export const forget: CommandSpec = defineCommand<ForgetPlan>({
  name: 'forget',
  summary: 'drop old snapshots, by a policy or by name',
  usage: '[--keep-... N]... [--dry-run] [--prune] | SNAPSHOT...',
  options: [
    ...POLICY_OPTIONS,
    {
      name: 'group-by',
      short: 'g',
      value: 'KEYS',
      mayBeEmpty: true,
      about: "apply the policy to each group of host, paths, tags (default host,paths; '' for all as one)",
    },
    ...SELECTION_OPTIONS,
    { name: 'dry-run', short: 'n', about: 'say what would be kept, why, and what forgotten; change nothing' },
    { name: 'prune', about: 'give up the data too, as "vault prune" does' },
    ...LIMIT_OPTIONS,
  ],
  details: `
The policy's options add up: a snapshot that any of them keeps is kept. They mean what they mean in restic; hours, days, weeks, months and
years are those of this machine's time zone (or TZ's). Without any of them, nothing is forgotten. Snapshots that are named are forgotten.

Forgotten snapshots are off the lists; the holders keep their data until "vault prune" on the machine that made them, and in their trash for
at least 14 days more: until then "vault undelete" brings them back.

  vault forget --keep-daily 7 --keep-weekly 5 --keep-monthly 12 --keep-tag forever --dry-run
  vault forget 3f2a9c01`,
  parse: parseForget,
  run: (plan, session) =>
    withVault(session, async (vault) => {
      printForget(
        session,
        await whileWorking(session, 'forgetting', vault.forget({ ...plan, signal: session.signal })),
      );
      return 0;
    }),
});
