/** The recovery sheet as a page to print: the 24 words, the ticket with its QR code, and how to restore with them (C1). */
import type { RecoverySheet } from '../../src/index.ts';
import { escapeHtml, factList, paperPage, wordGrid } from './paper.ts';
import { qrSvg } from './qr.ts';
import { localTime } from './words.ts';

/** The prefix, then eights. */
const GROUPS = /^vaultmesh\d+?|.{1,8}/g;
const COLUMNS = 4;

/** White space in a ticket is ignored when it is read, so it may stand in groups that the eye can follow. */
function groupedTicket(ticket: string): string {
  return (ticket.replace(/\s+/g, '').match(GROUPS) ?? []).join(' ');
}

/** Text and code side by side. */
export async function ticketBlock(ticket: string): Promise<string> {
  const svg = await qrSvg(ticket);
  const code = svg === undefined ? '' : `<div class="qr">${svg}</div>`;
  return `<div class="ticket"><div class="text mono">${escapeHtml(groupedTicket(ticket))}</div>${code}</div>`;
}

function steps(sheet: RecoverySheet): string {
  return `<ol class="steps">
<li>Install vault on any machine (Node.js 24.7 or newer, package vault-mesh ${escapeHtml(sheet.program)} or newer).</li>
<li>Scan or type the ticket into a file, then <code>vault recover --ticket @ticket.txt</code> asks for the words.</li>
<li>Get everything with <code>vault restore latest --target restored</code></li>
</ol>`;
}

/** `madeMs`: milliseconds since 1970. */
export async function recoveryPage(sheet: RecoverySheet, madeMs: number): Promise<string> {
  const date = localTime(madeMs).slice(0, 10);
  const facts = factList([
    ['Vault', sheet.vaultId],
    ['Printed', `${date} on ${sheet.device}`],
  ]);
  return paperPage(
    `Recovery sheet of vault ${sheet.vaultId.slice(0, 8)}`,
    `<header><h1>Recovery sheet</h1><div>vault-mesh</div></header>
${facts}
<p class="care"><b>Whoever has this page can read every backup of this vault.</b> Keep it where you keep a passport, and a second one in another place. No passphrase is needed with it.</p>
<h2>The 24 words<small>in this order, row by row</small></h2>
${wordGrid(sheet.words.split(' '), COLUMNS)}
<h2>The ticket<small>the way to the peers that keep the data; spaces do not matter</small></h2>
${await ticketBlock(sheet.ticket)}
<h2>To get everything back</h2>
${steps(sheet)}
<div class="notes">Notes</div>
<footer>The words never change. If the ticket is out of date, any peer of the mesh prints a new one with <code>vault-peer ticket</code>. Delete the file of this page when it is printed: it holds the words in the clear.</footer>`,
  );
}
