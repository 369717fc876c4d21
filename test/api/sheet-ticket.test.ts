import { describe, expect, it } from 'vitest';
import { sheetTicket } from '../../src/api/sheet-ticket.ts';
import { decodeTicket, encodeTicket } from '../../src/format/ticket.ts';

const secret = new Uint8Array(32).fill(1);
const at = (peer: string, host = '192.168.1.2') => `/ip4/${host}/tcp/4150/p2p/${peer}`;
const ticket = encodeTicket({ secret, addresses: [at('old'), at('both', '10.0.0.9')] });

function addressesOf(parts: { known: readonly string[]; holders: readonly string[] }): readonly string[] {
  const made = decodeTicket(sheetTicket({ ticket, ...parts }));
  expect(made.secret).toEqual(secret);
  return made.addresses;
}

describe('the ticket of a recovery sheet (M1)', () => {
  it('names the holders first, and each peer once before any twice', () => {
    const known = [at('a'), at('a', '192.168.1.3'), at('b'), at('both'), at('c')];
    expect(addressesOf({ known, holders: ['b', 'unknown'] })).toEqual([
      at('b'),
      at('a'),
      at('both'),
      at('c'),
      at('old'),
      at('a', '192.168.1.3'),
    ]);
  });

  it('leaves out relayed addresses, and loopback ones while there are others', () => {
    const known = [at('a', '127.0.0.1'), `${at('relay')}/p2p-circuit/p2p/b`, at('c')];
    expect(addressesOf({ known, holders: [] })).toEqual([at('c'), at('old'), at('both', '10.0.0.9')]);
  });

  it('is the old one while nothing else is known', () => {
    const bare = encodeTicket({ secret, addresses: [] });
    expect(sheetTicket({ ticket: bare, known: [], holders: ['b'] })).toBe(bare);
  });

  it('stays short enough for a QR code on paper', () => {
    const known = Array.from({ length: 40 }, (_, i) => at(`peer${i}`));
    expect(addressesOf({ known, holders: [] })).toHaveLength(6);
  });
});
