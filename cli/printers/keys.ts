/** The passphrases of a vault as a table and as JSON lines, with restic's names, and what a change of them did. */
import type { KeyInfo } from '../../src/index.ts';
import type { Session } from '../terminal/session.ts';
import { tableLines } from '../terminal/table.ts';
import { localTime, printable, shortId } from './words.ts';

type KeyChange = 'key_added' | 'key_changed' | 'key_removed';

const COLUMNS = [
  { title: '' },
  { title: 'ID' },
  { title: 'Label' },
  { title: 'User' },
  { title: 'Host' },
  { title: 'Created' },
];

const DONE: Readonly<Record<KeyChange, string>> = {
  key_added: 'added     ',
  key_changed: 'changed   ',
  key_removed: 'removed   ',
};

function keyJson(key: KeyInfo): Readonly<Record<string, unknown>> {
  return {
    current: key.current,
    id: key.id,
    short_id: shortId(key.id),
    label: key.label,
    userName: key.user,
    hostName: key.host,
    created: new Date(key.createdMs).toISOString(),
  };
}

function cells(key: KeyInfo): readonly string[] {
  const { label, user, host } = key;
  const words = [label, user, host].map(printable);
  return [key.current ? '*' : '', shortId(key.id), ...words, localTime(key.createdMs)];
}

export function printKeys(session: Session, keys: readonly KeyInfo[]): void {
  for (const key of keys) session.emit({ message_type: 'key', ...keyJson(key) });
  for (const line of tableLines(COLUMNS, keys.map(cells))) session.print(line);
}

export function printKeyChange(session: Session, change: KeyChange, key: KeyInfo): void {
  session.emit({ message_type: change, ...keyJson(key) });
  const label = key.label === '' ? '' : ` (${printable(key.label)})`;
  session.tell(`${DONE[change]}key ${shortId(key.id)}${label}`);
}
