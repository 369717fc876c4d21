/** Options of the simulation with real processes. */
import { parseArgs } from 'node:util';
import { parseBytes, parseDuration } from '../../src/model/units.ts';
import { type FaultKind, KINDS } from './faults.ts';

export const REAL_USAGE: string = `usage: npm run simulate -- [--peers 8] [--rounds 10] [--kill 2] [--seed 1] [--files 400] [--large 24MiB] [--changes 25]
         [--faults ${KINDS.join(',')}]
         [--heal-within 4min] [--json] [--keep]
       npm run simulate -- --succession [--peers 5] ...
  --kill K      peers that fail in each round; with K of 3 or more, losses are expected and the run will say so
  --faults      choose among these only
  --succession  the owner's machine is off and peers die one after another, with time to heal, until none of the first is left
  --keep        leave the temporary folder for inspection`;

export interface RealOptions {
  readonly succession: boolean;
  readonly peers: number;
  readonly rounds: number;
  readonly kill: number;
  readonly seed: string;
  readonly files: number;
  readonly large: number;
  readonly changes: number;
  readonly faults: readonly FaultKind[];
  readonly healLimitMs: number;
  readonly json: boolean;
  readonly keep: boolean;
}

function parseFaults(text: string): readonly FaultKind[] {
  return text.split(',').map((name) => {
    const kind = KINDS.find((known) => known === name);
    if (kind === undefined) throw new Error(`--faults knows ${KINDS.join(', ')}, not "${name}"`);
    return kind;
  });
}

/** Throws for what it does not understand. */
export function parseReal(args: readonly string[]): RealOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      succession: { type: 'boolean', default: false },
      peers: { type: 'string' },
      rounds: { type: 'string', default: '10' },
      kill: { type: 'string', default: '2' },
      seed: { type: 'string', default: '1' },
      files: { type: 'string', default: '400' },
      large: { type: 'string', default: '24MiB' },
      changes: { type: 'string', default: '25' },
      faults: { type: 'string', default: KINDS.join(',') },
      'heal-within': { type: 'string', default: '4min' },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  });
  const whole = (name: string, text: string, least: number): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least)
      throw new Error(`--${name} wants a whole number from ${least} on`);
    return value;
  };
  return {
    succession: values.succession,
    peers: whole('peers', values.peers ?? (values.succession ? '5' : '8'), 3),
    rounds: whole('rounds', values.rounds, 1),
    kill: whole('kill', values.kill, 0),
    files: whole('files', values.files, 1),
    changes: whole('changes', values.changes, 0),
    seed: values.seed,
    large: parseBytes(values.large),
    faults: parseFaults(values.faults),
    healLimitMs: parseDuration(values['heal-within']),
    json: values.json,
    keep: values.keep,
  };
}
