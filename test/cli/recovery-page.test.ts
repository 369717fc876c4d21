/** The recovery sheet on paper: all words in order, the ticket twice, and nothing that leaves the page (C1). */
import { encode } from 'uqr';
import { describe, expect, it } from 'vitest';
import { qrSvg } from '../../cli/printers/qr.ts';
import { recoveryPage } from '../../cli/printers/recovery-page.ts';
import { wordsOf } from '../../src/crypto/recovery-words.ts';
import { decodeTicket, encodeTicket } from '../../src/format/ticket.ts';

const secret = new Uint8Array(32).fill(9);
const words = wordsOf(new Uint8Array(32).fill(7));
const addresses = ['/ip4/192.168.1.2/tcp/4150/p2p/12D3KooWLbtVW2bvB8cDwZ7VdqKTUPuUQzGuZh2h7r2dRzUD7SnX'];
const ticket = encodeTicket({ secret, addresses });
const sheet = { vaultId: `b${'a'.repeat(52)}`, device: 'laptop <&">', words, ticket, program: '0.1.0' };

describe('the recovery sheet', () => {
  it('has every word with its number, in order', async () => {
    const page = await recoveryPage(sheet, 0);
    const found = [...page.matchAll(/<li><span>(\d+)<\/span>([a-z]+)<\/li>/g)];
    expect(found.map((match) => Number(match[1]))).toEqual(Array.from({ length: 24 }, (_, i) => i + 1));
    expect(found.map((match) => match[2]).join(' ')).toBe(words);
    expect(page).toContain(sheet.vaultId);
    expect(page).toContain('vault recover --ticket @ticket.txt');
    expect(page).toContain('vault restore latest');
  });

  it('has the ticket as text that can be typed, and as the same QR code', async () => {
    const page = await recoveryPage(sheet, 0);
    const text = /<div class="text mono">([^<]+)<\/div>/.exec(page)?.[1] ?? '';
    expect(decodeTicket(text)).toEqual({ secret, addresses });
    expect(decodeTicket(ticket.toUpperCase())).toEqual({ secret, addresses });
    const svg = (await qrSvg(ticket)) ?? '';
    expect(page).toContain(svg);
    const { size } = encode(ticket.toUpperCase(), { ecc: 'M', boostEcc: false, border: 0 });
    expect(svg).toContain(`viewBox="0 0 ${size * 4} ${size * 4}"`);
    expect(encode(ticket, { ecc: 'M', boostEcc: false, border: 0 }).size).toBeGreaterThan(size);
  });

  it('loads nothing, runs nothing, and shows names as text', async () => {
    const page = await recoveryPage(sheet, 0);
    expect(page).toContain(`default-src 'none'`);
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|https?:\/\/(?!www\.w3\.org)/i);
    expect(page).toContain('laptop &#60;&#38;&#34;&#62;');
  });

  it('does without the code for a ticket that fits into none', async () => {
    const many = encodeTicket({
      secret,
      addresses: Array.from({ length: 32 }, () => `/dns4/${'x'.repeat(200)}`),
    });
    expect(await qrSvg(many)).toBeUndefined();
    expect(await recoveryPage({ ...sheet, ticket: many }, 0)).not.toContain('<svg');
  });
});
