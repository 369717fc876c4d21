/** One file of a folder, the same in every run: the one whose name has the smallest hash. */
import { hash } from 'node:crypto';
import path from 'node:path';
import { filesBelow } from './file-list.ts';

/** Throws when there is none. */
export function chooseFile(folder: string): string {
  let [chosen, least] = ['', ''];
  for (const file of filesBelow(folder)) {
    const digest = hash('sha256', path.relative(folder, file), 'hex');
    if (chosen === '' || digest < least) [chosen, least] = [file, digest];
  }
  if (chosen === '') throw new Error(`${folder} holds no file`);
  return chosen;
}
