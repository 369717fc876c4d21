/** `--limit-upload` and `--limit-download`: most bytes a second for chunks on their way. */
import { parseBytes, type TransferLimits, VaultError } from '../../src/index.ts';
import type { Arguments, OptionSpec } from './command.ts';

export const LIMIT_OPTIONS: readonly OptionSpec[] = [
  { name: 'limit-upload', value: 'RATE', about: 'most that is sent a second: KiB, or with a unit, like 5M' },
  { name: 'limit-download', value: 'RATE', about: 'most that is received a second' },
];

/** Below, transfers look as if they stood still, and both sides give them up. */
const LEAST = 32 * 1024;

/** A plain number counts KiB, as restic's; "0" is no limit. */
function rateOf(args: Arguments, name: string): number | undefined {
  const text = args.value(name);
  if (text === undefined) return undefined;
  const bytes = /^\d+$/.test(text) ? Number(text) * 1024 : parseBytes(text);
  if (bytes === 0) return undefined;
  if (Number.isSafeInteger(bytes) && bytes >= LEAST) return bytes;
  throw new VaultError('usage', `--${name} cannot be "${text}": at least 32 KiB a second, or 0 for no limit`);
}

/** `undefined` without a limit. Throws 'usage'. */
export function limitsOf(args: Arguments): TransferLimits | undefined {
  const [up, down] = [rateOf(args, 'limit-upload'), rateOf(args, 'limit-download')];
  if (up === undefined && down === undefined) return undefined;
  return {
    ...(up === undefined ? {} : { uploadBytesPerSecond: up }),
    ...(down === undefined ? {} : { downloadBytesPerSecond: down }),
  };
}
