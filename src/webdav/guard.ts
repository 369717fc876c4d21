/** Who may ask: only somebody on this machine who knows the secret path; never a web page that found the port (DNS rebinding). */
import { hash, timingSafeEqual } from 'node:crypto';
import type { Headers } from './preconditions.ts';

const LOCAL_NAMES: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];

/** Why this request is refused whatever it asks for; `undefined` when it may go on. */
export function strangerIn(headers: Headers, port: number): string | undefined {
  const hosts = LOCAL_NAMES.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));
  const host = headers.host;
  if (typeof host !== 'string' || !hosts.includes(host.toLowerCase()))
    return 'this is no name of this server';
  const { origin } = headers;
  if (typeof origin === 'string' && !hosts.some((name) => origin.toLowerCase() === `http://${name}`)) {
    return 'pages of other sites may not ask here';
  }
  const site = headers['sec-fetch-site'];
  if (site === 'cross-site') return 'pages of other sites may not ask here';
  return undefined;
}

/** Compares in a time that does not depend on where the two differ. */
export function isSecret(given: string | undefined, secret: string): boolean {
  const digest = (text: string): Buffer => hash('sha256', text, 'buffer');
  return timingSafeEqual(digest(given ?? ''), digest(secret));
}
