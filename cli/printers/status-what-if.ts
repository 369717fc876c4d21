/** `vault status --what-if`: what could not be restored if some peers were gone for good. */
import type { VaultStatusReport, WhatIf, WhatIfSnapshot } from '../../src/index.ts';
import { tableLines } from '../terminal/table.ts';
import type { JsonLine } from './transfer.ts';
import { count, localTime, printable, shortId } from './words.ts';

const COLUMNS = [
  { title: 'ID' },
  { title: 'Time' },
  { title: 'Host' },
  { title: 'Then' },
  { title: 'Paths' },
];

function fate({ restorable, lostChunks }: WhatIfSnapshot): string {
  if (restorable) return 'can be restored';
  return lostChunks === 0 ? 'cannot be restored' : `loses ${count(lostChunks, 'chunk')}`;
}

export function whatIfLines(report: VaultStatusReport, whatIf: WhatIf): readonly string[] {
  const without = `without ${whatIf.without.map(printable).join(', ')}`;
  const losing = whatIf.snapshots.filter(({ restorable }) => !restorable).length;
  if (losing === 0) return [`${without}: nothing would be lost, every snapshot can still be restored`];
  const snapshots = new Map(report.snapshots.map(({ snapshot }) => [snapshot.id, snapshot]));
  const rows = whatIf.snapshots.map((row) => {
    const snapshot = snapshots.get(row.id);
    const known = snapshot === undefined ? ['', ''] : [localTime(snapshot.timeMs), printable(snapshot.host)];
    return [shortId(row.id), ...known, fate(row), printable(snapshot?.paths.join(', ') ?? '')];
  });
  return [
    `${without}: ${losing} of ${count(whatIf.snapshots.length, 'snapshot')} could not be restored whole`,
    ...tableLines(COLUMNS, rows),
  ];
}

export function whatIfJson(whatIf: WhatIf): readonly JsonLine[] {
  return whatIf.snapshots.map((row) => ({
    message_type: 'what_if',
    without: whatIf.without,
    id: row.id,
    short_id: shortId(row.id),
    chunks_lost: row.lostChunks,
    restorable: row.restorable,
  }));
}
