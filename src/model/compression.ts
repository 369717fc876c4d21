/** How hard a backup tries to make chunks smaller (C4). It changes the bytes of a chunk, hence its name, and nothing about reading it. */

export const COMPRESSIONS = ['auto', 'off', 'fast', 'better', 'max'] as const;
export type Compression = (typeof COMPRESSIONS)[number];
