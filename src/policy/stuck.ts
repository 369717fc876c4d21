/**
 * Who lacks chunks and does not get on with fetching them: others take its place until it has them (R2). It says so openly, or does not
 * even know, as it takes no log entries any more.
 */
import { GROUPS } from '../model/ids.ts';

/** One answer of a member about a vault. */
export interface Said {
  /** Our own running time. */
  readonly nowMs: number;
  /** Chunks it lacks, and for how long without a break some have been lacking. */
  readonly missing: number;
  readonly missingMs: number;
  /** It knows other log entries than we do, or nothing of the vault: what it says of missing chunks is not the whole truth. */
  readonly unaware: boolean;
  /** By its own table it does not have every live chunk of the group. */
  readonly lacks: (group: number) => boolean;
}

/** Since when a group has been lacking something while the number of missing chunks never fell below `fewest`. */
interface Standstill {
  readonly sinceMs: number;
  readonly fewest: number;
}

/** What a member said over time; `undefined` for one that lacks nothing. */
export interface Lag {
  readonly heardMs: number;
  readonly groups: ReadonlyMap<number, Standstill>;
}

/** Who was not heard for longer than this part of the time could fetch nothing either: it begins anew. */
const LONGEST_PAUSE = 1 / 4;

/** A member that gets on, however slowly, is not stuck: each new low of what it lacks lets all its groups begin anew. */
export function followLag(before: Lag | undefined, said: Said, stuckMs: number): Lag | undefined {
  const { nowMs, missing, missingMs, unaware, lacks } = said;
  if (missing === 0 && !unaware) return undefined;
  const paused = before !== undefined && nowMs - before.heardMs > stuckMs * LONGEST_PAUSE;
  const groups = new Map<number, Standstill>();
  for (let group = 0; group < GROUPS; group++) {
    if (!lacks(group)) continue;
    const was = paused ? undefined : before?.groups.get(group);
    const goesOn =
      was !== undefined && missing >= was.fewest && (unaware || was.sinceMs >= nowMs - missingMs);
    groups.set(group, goesOn ? was : { sinceMs: nowMs, fewest: missing });
  }
  return { heardMs: nowMs, groups };
}

/** The groups it counts as declining, if some other sound member has them whole: of chunks that nobody has it is not to blame. */
export function stuckGroups(
  lag: Lag | undefined,
  stuckMs: number,
  wholeElsewhere: (group: number) => boolean,
): readonly number[] {
  if (!lag) return [];
  return [...lag.groups]
    .filter(([, { sinceMs }]) => lag.heardMs - sinceMs >= stuckMs)
    .map(([group]) => group)
    .filter(wholeElsewhere);
}
