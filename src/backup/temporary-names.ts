/** Names beside the real one for what is not complete yet, and the step from one to the other. */
import * as fs from 'node:fs';
import { type BytePath, systemPath } from './byte-path.ts';
import { errnoOf } from './target-error.ts';

/** What temporary names begin with. */
export const TEMPORARY_PREFIX = '.vault-restore-';

/** <pid>-<label>-<number or key> */
const TEMPORARY = /^\.vault-restore-\d+-[a-z]\d*-[0-9a-f]+$/;

export function isTemporary(name: BytePath): boolean {
  return TEMPORARY.test(name);
}

/** Keys of files that this process is writing: their temporary names are in use. */
export const partsInWork: Set<string> = new Set();

/** Where the part of a large file grows: another restore of the same file finds it by its key. */
export function partPath(prefix: BytePath, key: string): BytePath {
  return `${prefix}${TEMPORARY_PREFIX}${process.pid}-p-${key}`;
}

export class TemporaryNames {
  readonly #label: string;
  #next = 0;

  /** `label` tells the names of one maker from those of others that work at the same time. */
  constructor(label: string) {
    this.#label = label;
  }

  /** Calls `make` with names in a folder, `first` before others, until one is free; that name's path. */
  unused(prefix: BytePath, make: (path: BytePath) => void, first?: BytePath): BytePath {
    for (let wish = first; ; wish = undefined) {
      const path = wish ?? `${prefix}${TEMPORARY_PREFIX}${process.pid}-${this.#label}-${this.#next++}`;
      try {
        make(path);
        return path;
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
      }
    }
  }
}

/** Gives what is complete its name. Throws EEXIST when something has it that may not be replaced. */
export function publish(temporary: BytePath, path: BytePath, replace: boolean): void {
  const to = systemPath(path);
  if (!replace && fs.lstatSync(to, { throwIfNoEntry: false })) throw taken();
  fs.renameSync(systemPath(temporary), to);
}

/** Does the rest of the work on a temporary; nothing is left of it when that fails. */
export function orRemove(temporary: BytePath, work: () => void): void {
  try {
    work();
  } catch (error) {
    removeIfThere(temporary);
    throw error;
  }
}

export function removeIfThere(path: BytePath): void {
  try {
    fs.unlinkSync(systemPath(path));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

function taken(): Error {
  return Object.assign(new Error('EEXIST: something has this name'), { code: 'EEXIST' });
}
