/** `vault tag`: changes the tags of snapshots that are there. */
import { type TagOptions, type TagReport, VaultError } from '../../src/index.ts';
import { count, printable, shortId } from '../printers/words.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import type { Session } from '../terminal/session.ts';
import { SELECTION_OPTIONS, selectionOf } from './selection-options.ts';
import { listed, withVault } from './vault-options.ts';

type TagPlan = Omit<TagOptions, 'signal'>;

function parseTag(args: Arguments): TagPlan {
  if (!['set', 'add', 'remove'].some((name) => args.has(name))) {
    throw new VaultError('usage', 'say which tags: --add, --remove or --set', {
      hint: 'For example: vault tag --add keep latest',
    });
  }
  if (args.has('set') && (args.has('add') || args.has('remove'))) {
    throw new VaultError('usage', '--set says all tags: leave out --add and --remove');
  }
  return {
    ...(args.has('set') ? { set: listed(args.values('set')) } : {}),
    add: listed(args.values('add')),
    remove: listed(args.values('remove')),
    ...(args.positionals.length > 0 ? { snapshots: args.positionals } : {}),
    ...selectionOf(args),
  };
}

function print(session: Session, { changed, unchanged }: TagReport): void {
  for (const { was, id, tags } of changed) {
    const said = tags.length === 0 ? 'without tags' : `tags ${printable(tags.join(','))}`;
    session.print(`${shortId(was.id)} is ${shortId(id)} now, ${said}`);
    session.emit({ message_type: 'changed', old_snapshot_id: was.id, new_snapshot_id: id, tags });
  }
  const left = unchanged === 0 ? '' : `, ${count(unchanged, 'snapshot')} had them already`;
  session.tell(`changed the tags of ${count(changed.length, 'snapshot')}${left}`);
  session.emit({
    message_type: 'summary',
    changed_snapshots: changed.length,
    unchanged_snapshots: unchanged,
  });
}

export const tag: CommandSpec = defineCommand<TagPlan>({
  name: 'tag',
  summary: 'change the tags of snapshots',
  usage: '--add TAGS | --remove TAGS | --set TAGS [SNAPSHOT...]',
  options: [
    { name: 'add', value: 'TAG[,TAG]', multiple: true, about: 'give these tags, too; may be repeated' },
    { name: 'remove', value: 'TAG[,TAG]', multiple: true, about: 'take these away; may be repeated' },
    {
      name: 'set',
      value: 'TAG[,TAG]',
      multiple: true,
      mayBeEmpty: true,
      about: "these in place of all others; '' for none",
    },
    ...SELECTION_OPTIONS,
  ],
  details: `
Without SNAPSHOT, of all snapshots, or of those that --host, --tag and --path say. A changed snapshot has a new id, keeps its time, and names the
old one, which is forgotten in the same moment. Nothing is sent again.

  vault tag --add keep,tax-2026 latest
  vault tag --remove keep --host laptop`,
  parse: parseTag,
  run: (plan, session) =>
    withVault(session, async (vault) => {
      print(session, await vault.tag({ ...plan, signal: session.signal }));
      return 0;
    }),
});
