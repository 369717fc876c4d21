/** How many of what, the same in every program. */

/** "1 file", "2 files", "12,345 files". */
export function count(value: number, singular: string, plural = `${singular}s`): string {
  return `${value.toLocaleString('en-US')} ${value === 1 ? singular : plural}`;
}
