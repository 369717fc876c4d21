/** Where a mounted vault is, and how each system opens it. */
import type { MountedVault } from '../../src/index.ts';
import type { Session } from '../terminal/session.ts';
import { count } from './words.ts';

export function printMounted(session: Session, { url, port, snapshots }: MountedVault): void {
  session.emit({ message_type: 'mounted', url, port, snapshots });
  session.print(url);
  for (const line of howToOpen(url)) session.tell(line);
  session.tell('');
  session.tell(
    `${count(snapshots, 'snapshot')}, read-only; Ctrl-C ends it. Whoever has this address can read them: keep it to yourself.`,
  );
}

/** The address comes first in each line, or last, so that it is easily copied. */
function howToOpen(url: string): readonly string[] {
  const bare = url.replace(/\/$/, '');
  return [
    '',
    `  Windows   net use * ${bare}`,
    `  macOS     Finder, Go, Connect to Server (Cmd-K), as guest: ${url}`,
    `  Linux     Files, Other Locations, or: gio open ${url.replace(/^http:/, 'dav:')}`,
    `            as root: mount -t davfs -o ro ${url} DIR`,
    `            RCLONE_WEBDAV_URL=${url} rclone mount :webdav: DIR --read-only`,
    '  any       open the address in a browser; add ?tar to a folder to download all of it',
  ];
}
