/** The options that say which snapshots a command looks at, the same in all of them. */
import path from 'node:path';
import type { SnapshotFilter } from '../../src/index.ts';
import type { Arguments, OptionSpec } from '../terminal/command.ts';
import { tagLists } from './forget-policy.ts';

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
