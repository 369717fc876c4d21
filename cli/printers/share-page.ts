/** One share of a vault's secret on one page, as HTML to print or as plain text; both are read back by `--shares-file`. */
import type { PrintedShare, SplitSecret } from '../../src/index.ts';
import { escapeHtml, factList, paperPage } from './paper.ts';
import { qrSvg } from './qr.ts';
import { ticketBlock } from './recovery-page.ts';
import { localTime } from './words.ts';

export interface SharePaper {
  readonly secret: Omit<SplitSecret, 'shares'>;
  readonly share: PrintedShare;
  /** Milliseconds since 1970. */
  readonly madeMs: number;
  readonly withTicket: boolean;
}

/** "share 2 of 5". */
export function shareName({ number, count }: Pick<PrintedShare, 'number' | 'count'>): string {
  return `share ${number} of ${count}`;
}

/** Row numbers in front; the check words behind are shaded. */
function rowGrid(rows: PrintedShare['rows']): string {
  const cells = rows.flatMap((row, at) =>
    row.map((word, place) => {
      const check = place === row.length - 1 ? ' class="check"' : '';
      return `<li${check}>${place === 0 ? `<span>${at + 1}</span>` : ''}${escapeHtml(word)}</li>`;
    }),
  );
  return `<ol class="words mono rows">\n${cells.join('\n')}\n</ol>`;
}

async function ticketPart({ secret, withTicket }: SharePaper): Promise<string> {
  if (!withTicket) return '';
  return `<h2>The ticket<small>the way to the peers that keep the data; spaces do not matter</small></h2>
${await ticketBlock(secret.ticket)}`;
}

/** The words once more, for a scanner: what it gives is a share again. */
async function scanPart({ rows }: PrintedShare): Promise<string> {
  const svg = await qrSvg(rows.map((row) => row.join(' ')).join('\n'), ' ');
  return svg === undefined
    ? ''
    : `<figure class="scan">${svg}<figcaption>the words of this share</figcaption></figure>`;
}

export async function sharePage(paper: SharePaper): Promise<string> {
  const { secret, share, madeMs } = paper;
  const { number, count, threshold, split } = share;
  const date = localTime(madeMs).slice(0, 10);
  const facts = factList([
    ['Vault', secret.vaultId],
    ['Split', `${split}, ${date} on ${secret.device}`],
  ]);
  return paperPage(
    `Share ${number} of ${count}, vault ${secret.vaultId.slice(0, 8)}`,
    `<header><h1>Share ${number} of ${count}</h1><div>vault-mesh</div></header>
${facts}
<p class="care"><b>Any ${threshold} of the ${count} shares of split ${split} open the vault.</b> Fewer tell nothing. Keep this one apart from the others.</p>
<h2>The words<small>row by row; the last of each row is a check</small></h2>
${rowGrid(share.rows)}
${await ticketPart(paper)}
<h2>To get everything back</h2>
<div class="ticket"><ol class="steps text-wide">
<li>Bring ${threshold} shares together. Install vault on any machine (Node.js 24.7 or newer, package vault-mesh ${escapeHtml(secret.program)} or newer).</li>
<li>With the ticket in a file, <code>vault recover --ticket @ticket.txt --shares</code> asks for the shares, row by row.</li>
<li>Get everything with <code>vault restore latest --target restored</code></li>
</ol>
${await scanPart(share)}</div>
<footer>If there is no ticket, or it is out of date: any peer of the mesh prints one with <code>vault-peer ticket</code>. Delete the file of this page when it is printed.</footer>`,
  );
}

export function shareText({ secret, share, madeMs, withTicket }: SharePaper): string {
  const { threshold, count, split } = share;
  const lines = [
    `# vault-mesh ${shareName(share)} of the secret of vault ${secret.vaultId}`,
    `# Split ${split}, ${localTime(madeMs).slice(0, 10)} on ${secret.device.replace(/\p{Cc}/gu, '?')}.`,
    `# Any ${threshold} of the ${count} open the vault; fewer tell nothing. Keep this one apart from the others.`,
    '#',
    ...share.rows.map((row, at) => `${at + 1}  ${row.join(' ')}`),
    '#',
    `# With a ticket and ${threshold} shares: vault recover --ticket @ticket.txt --shares`,
    ...(withTicket ? [`# Ticket: ${secret.ticket}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}
