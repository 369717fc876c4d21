/** What a restore does where something is already: a pure table. */
import type { DeviceNumber, Timestamp, TreeNode } from '../format/tree-page.ts';
import { bytesEqual } from '../model/bytes.ts';
import type { Overwrite } from './file-target.ts';
import type { Existing } from './target-folder.ts';

/** 'resume': what an interrupted restore has left is taken over, what somebody has changed since then stays. */
export type Policy = Overwrite | 'resume';

/**
 * 'make': the name is free. 'open': a folder that is used. 'same': its content is there; only its attributes may differ.
 * 'keep': it stays as it is. 'clear': a folder that is to be removed first. Otherwise what is in the way.
 */
export type Verdict = 'make' | 'replace' | 'open' | 'same' | 'keep' | 'clear' | { readonly blocked: string };

export type Wanted = Pick<TreeNode, 'type' | 'mtime'> & {
  readonly size?: number;
  readonly target?: Uint8Array;
  readonly number?: DeviceNumber;
};

/** `clears`: a folder may be removed where something else belongs. */
export function verdictOn(
  policy: Policy,
  wanted: Wanted,
  existing: Existing | undefined,
  clears = false,
): Verdict {
  if (!existing) return 'make';
  if (wanted.type === 'directory') return verdictOnFolder(policy, wanted, existing);
  if (policy === 'fail') return { blocked: 'something' };
  if (policy === 'never') return 'keep';
  if (policy === 'if-newer' && !isNewer(wanted.mtime, existing.mtime)) return 'keep';
  if (existing.type === 'directory') return clears ? 'clear' : { blocked: 'a folder' };
  if (policy === 'always' || policy === 'if-newer') return 'replace';
  if (isSame(wanted, existing)) return 'same';
  if (policy === 'if-changed' || isUnfinished(wanted, existing)) return 'replace';
  return { blocked: 'something that was changed since the restore was interrupted' };
}

function verdictOnFolder(policy: Policy, wanted: Wanted, existing: Existing): Verdict {
  if (policy === 'fail') return { blocked: 'something' };
  if (existing.type === 'directory') return 'open';
  if (policy === 'always' || policy === 'if-changed') return 'replace';
  if (policy === 'if-newer' && isNewer(wanted.mtime, existing.mtime)) return 'replace';
  return { blocked: 'something that is no folder' };
}

/** As far as can be seen without reading it. */
function isSame(wanted: Wanted, existing: Existing): boolean {
  if (wanted.type !== existing.type) return false;
  if (wanted.type === 'symlink') {
    return (
      wanted.target !== undefined &&
      existing.target !== undefined &&
      bytesEqual(wanted.target, existing.target)
    );
  }
  if (wanted.type !== 'file') return isSameDevice(wanted.number, existing.number);
  return wanted.size === existing.size && isSameTime(wanted.mtime, existing.mtime);
}

/** Pipes have no number. They are kept whatever their time, as programs may have them open. */
function isSameDevice(a: DeviceNumber | undefined, b: DeviceNumber | undefined): boolean {
  return a?.major === b?.major && a?.minor === b?.minor;
}

/** Its content was written and not on the disk yet when the power went: files of a restore get their time before their name. */
function isUnfinished(wanted: Wanted, existing: Existing): boolean {
  return wanted.type === existing.type && isSameTime(wanted.mtime, existing.mtime);
}

/** Where the C library cannot be called, times are restored to the microsecond. */
function isSameTime(a: Timestamp, b: Timestamp): boolean {
  return a.seconds === b.seconds && Math.abs(a.nanoseconds - b.nanoseconds) < 1000;
}

function isNewer(wanted: Timestamp, existing: Timestamp): boolean {
  if (wanted.seconds !== existing.seconds) return wanted.seconds > existing.seconds;
  return wanted.nanoseconds > existing.nanoseconds;
}
