/** Makes the story of a breach shorter: strikes lines from the plan as long as the same invariant breaks (delta debugging). */
import { simulate } from './run.ts';
import { type Action, writeScript } from './script.ts';
import type { SimulationSettings } from './simulation-settings.ts';

export interface ShrinkOptions {
  readonly settings: SimulationSettings;
  readonly invariant: string;
  /** Runs it may take. */
  readonly most?: number;
  readonly onProgress?: (lines: number, runs: number) => void;
}

const MOST_RUNS = 60;

/** A part of the plan that still breaks the invariant; the whole plan when none smaller was found. */
export async function shrink({
  settings,
  invariant,
  most = MOST_RUNS,
  onProgress,
}: ShrinkOptions): Promise<readonly Action[]> {
  let script = writeScript(settings);
  let runs = 0;
  const breaks = async (candidate: readonly Action[]): Promise<boolean> => {
    runs++;
    const { breach } = await simulate({ settings, script: candidate });
    return breach?.invariant === invariant;
  };
  for (let size = Math.ceil(script.length / 2); runs < most; ) {
    let shorter: readonly Action[] | undefined;
    for (let at = 0; at < script.length && runs < most && !shorter; at += size) {
      const candidate = [...script.slice(0, at), ...script.slice(at + size)];
      if (candidate.length < script.length && (await breaks(candidate))) shorter = candidate;
    }
    if (shorter) {
      script = shorter;
      size = Math.max(1, Math.min(size, Math.ceil(script.length / 2)));
      onProgress?.(script.length, runs);
    } else if (size === 1) break;
    else size = Math.ceil(size / 2);
  }
  return script;
}
