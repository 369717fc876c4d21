/** Which chunks a check reads (restic's --read-data-subset): a share by chance, one of equal parts by name, or some bytes by chance. */
import type { DigestTable } from '../model/digest-table.ts';
import { VaultError } from '../model/errors.ts';
import type { Digest } from '../model/ids.ts';
import type { Random } from '../runtime/random.ts';
import type { CheckSubset } from './upkeep-types.ts';

const TWO_POW_32 = 2 ** 32;

/** Numbers of the chosen chunks in `chunks`. The parts are cut by digest, so that each chunk is in the same part every time. Throws 'usage'. */
export function chooseSubset(
  chunks: DigestTable,
  subset: CheckSubset | undefined,
  random: Random,
  sizeOf: (digest: Digest) => number,
): Uint32Array {
  if (subset === undefined) return numbers(chunks.size);
  if ('of' in subset) return partOf(chunks, subset);
  const shuffled = shuffle(numbers(chunks.size), random);
  if ('percent' in subset) {
    if (!(subset.percent > 0 && subset.percent <= 100))
      throw new VaultError('usage', 'percent goes from 0 to 100');
    return shuffled.subarray(0, Math.ceil((chunks.size * subset.percent) / 100));
  }
  if (!(subset.bytes > 0)) throw new VaultError('usage', 'a subset of no bytes reads nothing');
  let bytes = 0;
  let chosen = 0;
  for (; chosen < shuffled.length && bytes < subset.bytes; chosen++) {
    bytes += sizeOf(chunks.at(shuffled[chosen] ?? 0));
  }
  return shuffled.subarray(0, chosen);
}

function partOf(
  chunks: DigestTable,
  { part, of }: { readonly part: number; readonly of: number },
): Uint32Array {
  if (!(Number.isInteger(part) && Number.isInteger(of) && part >= 1 && part <= of)) {
    throw new VaultError('usage', `there is no part ${part} of ${of}`);
  }
  return numbers(chunks.size).filter((number) => {
    const digest = chunks.at(number);
    const place = new DataView(digest.buffer, digest.byteOffset).getUint32(0) / TWO_POW_32;
    return Math.floor(place * of) === part - 1;
  });
}

function numbers(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, number) => number);
}

function shuffle(list: Uint32Array, random: Random): Uint32Array {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random.fraction() * (i + 1));
    [list[i], list[j]] = [list[j] ?? 0, list[i] ?? 0];
  }
  return list;
}
