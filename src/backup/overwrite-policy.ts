/** What a restore does where something is already: a pure table. */
import type { Overwrite } from './file-target.ts';
import type { Existing } from './target-folder.ts';

/** 'make': the name is free. 'open': a folder that is used. 'keep': it stays as it is. Otherwise what is in the way. */
export type Verdict = 'make' | 'replace' | 'open' | 'keep' | { readonly blocked: string };

export function verdictOn(
  overwrite: Overwrite,
  wanted: 'file' | 'directory' | 'symlink',
  existing: Pick<Existing, 'type'> | undefined,
): Verdict {
  if (!existing) return 'make';
  if (wanted === 'directory') return verdictOnFolder(overwrite, existing);
  if (overwrite === 'never') return 'keep';
  if (overwrite === 'fail') return { blocked: 'something' };
  return existing.type === 'directory' ? { blocked: 'a folder' } : 'replace';
}

function verdictOnFolder(overwrite: Overwrite, { type }: Pick<Existing, 'type'>): Verdict {
  if (overwrite === 'fail') return { blocked: 'something' };
  if (type === 'directory') return 'open';
  return overwrite === 'always' ? 'replace' : { blocked: 'something that is no folder' };
}
