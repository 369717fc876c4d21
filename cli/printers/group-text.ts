/** What the snapshots of a group share, in words. */
import type { ForgetGroup } from '../../src/index.ts';
import { printable } from './words.ts';

/** " of host a, paths /b"; "" for all as one. */
export function groupText({ host, paths, tags }: ForgetGroup['key']): string {
  const parts = [
    host === undefined ? '' : `host ${printable(host)}`,
    paths === undefined ? '' : `paths ${printable(paths.join(', '))}`,
    tags === undefined ? '' : `tags ${tags.length === 0 ? '(none)' : printable(tags.join(','))}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : ` of ${parts.join(', ')}`;
}
