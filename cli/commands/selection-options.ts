/** The options that say which snapshots a command looks at, the same in all of them. */
import path from 'node:path';
import { type GroupKey, type SnapshotFilter, VaultError } from '../../src/index.ts';
import type { Arguments, OptionSpec } from '../terminal/command.ts';
import { tagLists } from './forget-policy.ts';
import { listed } from './vault-options.ts';

export const SELECTION_OPTIONS: readonly OptionSpec[] = [
  { name: 'host', value: 'H', multiple: true, about: 'only snapshots of this host; may be repeated' },
  {
    name: 'tag',
    value: 'TAG[,TAG]',
    multiple: true,
    mayBeEmpty: true,
    about: 'only snapshots with all these tags; repeated: or with those',
  },
  {
    name: 'path',
    value: 'PATH',
    multiple: true,
    about: 'only snapshots of this path; repeated: and of that',
  },
];

/** Only what was said. Throws 'usage'. */
export function selectionOf(args: Arguments): SnapshotFilter {
  const hosts = args.values('host');
  const tags = tagLists(args, 'tag');
  const paths = args.values('path').map((name) => path.resolve(name));
  return {
    ...(hosts.length === 0 ? {} : { hosts }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(paths.length === 0 ? {} : { paths }),
  };
}

const GROUP_KEYS: Readonly<Record<string, GroupKey>> = {
  host: 'host',
  hosts: 'host',
  path: 'paths',
  paths: 'paths',
  tag: 'tags',
  tags: 'tags',
};

/** "host,paths"; '' for one group of all. Throws 'usage'. */
export function groupsOf(text: string): readonly GroupKey[] {
  return listed([text]).map((word) => {
    const key = GROUP_KEYS[word];
    if (key !== undefined) return key;
    throw new VaultError('usage', `--group-by takes host, paths and tags, not "${word}"`);
  });
}
