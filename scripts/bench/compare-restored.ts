/** Is what was restored what was backed up? */
import fs from 'node:fs';
import { compareTrees } from '../../src/backup/compare.ts';
import { compareContent } from '../../src/backup/compare-content.ts';

async function compareFiles(source: string, place: string): Promise<readonly string[]> {
  if (fs.statSync(source).size !== fs.statSync(place).size) return [`${place} has another size`];
  const at = await compareContent(Buffer.from(source), Buffer.from(place), async () => undefined);
  return at === undefined ? [] : [`${place} has another byte at ${at}`];
}

/** What differs between two folders (all that a backup keeps) or two files (their bytes), in words; nothing when they are the same. */
export async function compareRestored(source: string, place: string): Promise<readonly string[]> {
  if (!fs.existsSync(place)) return [`${place} was not restored`];
  if (fs.statSync(source).isFile()) return await compareFiles(source, place);
  const differences = await compareTrees(source, place);
  return differences.map(
    ({ path, kind, expected, actual }) => `${path}: ${kind}: ${expected}, not ${actual}`,
  );
}
