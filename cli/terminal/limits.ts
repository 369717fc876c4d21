/** `--limit-upload` and `--limit-download`: most bytes a second for chunks on their way. */
import { parseRatePlan, type RatePlan, type TransferLimits } from '../../src/index.ts';
import type { Arguments, OptionSpec } from './command.ts';

export const LIMIT_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'limit-upload',
    value: 'RATE',
    about: 'most that is sent a second: KiB, or 5M; by the time of day: 08:00-18:00=500k,2M',
  },
  { name: 'limit-download', value: 'RATE', about: 'most that is received a second' },
];

function planOf(args: Arguments, name: string): RatePlan | undefined {
  const text = args.value(name);
  if (text === undefined) return undefined;
  const plan = parseRatePlan(text);
  return plan.spans.length === 0 && plan.elseBytesPerSecond === Number.POSITIVE_INFINITY ? undefined : plan;
}

/** `undefined` without a limit. Throws 'usage'. */
export function limitsOf(args: Arguments): TransferLimits | undefined {
  const [upload, download] = [planOf(args, 'limit-upload'), planOf(args, 'limit-download')];
  if (!upload && !download) return undefined;
  return { ...(upload ? { upload } : {}), ...(download ? { download } : {}) };
}
