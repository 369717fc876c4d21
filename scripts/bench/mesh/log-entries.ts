/** How many entries of device logs a peer keeps: each was one message to it, and one file of its folder since. */

import fs from 'node:fs';
import path from 'node:path';
import { filesBelow } from '../data/file-list.ts';

const ENTRY = /\/vaults\/[^/]+\/logs\/[^/]+\/\d{10}$/;

export function logEntriesBelow(folder: string): number {
  const vaults = path.join(folder, 'vaults');
  if (!fs.existsSync(vaults)) return 0;
  return [...filesBelow(vaults)].filter((file) => ENTRY.test(file)).length;
}
