/** Times as HTTP and WebDAV write them, kept within the years that clients can parse. */

const FIRST_MS = 0;
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59);

/** "Fri, 27 Nov 2026 14:58:43 GMT"; before 1970 it is 1970. */
export function httpDate(ms: number): string {
  return new Date(bounded(ms)).toUTCString();
}

/** "2026-11-27T14:58:43Z" */
export function isoDate(ms: number): string {
  return `${new Date(bounded(ms)).toISOString().slice(0, 19)}Z`;
}

function bounded(ms: number): number {
  return Math.min(Math.max(Number.isFinite(ms) ? ms : FIRST_MS, FIRST_MS), LAST_MS);
}
