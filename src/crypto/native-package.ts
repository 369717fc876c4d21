/** Packages that carry binaries for the usual systems: everything they compute can be computed without them, more slowly. */
import { createRequire } from 'node:module';

const looked = new Map<string, unknown>();

/** `Native` is the part of the package that is used; `undefined` where it cannot be loaded. */
export function nativePackage<Native>(name: string): Native | undefined {
  if (!looked.has(name)) looked.set(name, load(name));
  return looked.get(name) as Native | undefined;
}

function load(name: string): unknown {
  try {
    return createRequire(import.meta.url)(name);
  } catch {
    return undefined;
  }
}
