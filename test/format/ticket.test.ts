/** The one string that lets somebody into a mesh: hard to spoil by copying, and clear about what is wrong (M1). */
import { describe, expect, it } from 'vitest';
import { decodeTicket, encodeTicket } from '../../src/format/ticket.ts';
import { PEER_NAME } from './arbitraries.ts';

const TICKET = {
  secret: new Uint8Array(32).fill(4),
  addresses: [`/ip4/192.0.2.7/tcp/4001/p2p/${PEER_NAME}`, `/dns4/nas.example/tcp/4001/p2p/${PEER_NAME}`],
};
const TEXT = encodeTicket(TICKET);

describe('a ticket', () => {
  it('is one string of lower-case letters and digits', () => {
    expect(TEXT).toMatch(/^vaultmesh1[a-z2-7]+$/);
  });

  it('survives line breaks, spaces, tabs and capitals', () => {
    const folded = `  ${TEXT.match(/.{1,20}/g)?.join('\r\n\t')} \n`;
    expect(decodeTicket(folded)).toEqual(TICKET);
    expect(decodeTicket(TEXT.toUpperCase())).toEqual(TICKET);
  });

  it('notices every single changed letter', () => {
    for (let at = 0; at < TEXT.length; at++) {
      const letter = TEXT[at] === 'b' ? 'c' : 'b';
      expect(() => decodeTicket(TEXT.slice(0, at) + letter + TEXT.slice(at + 1))).toThrow(
        expect.objectContaining({ code: 'bad-ticket' }),
      );
    }
  });

  it.each([
    ['', 'empty'],
    ['hello', 'starts with'],
    ['vaultmesh1', 'checksum'],
    ['vaultmesh1!!', 'characters'],
    [TEXT.slice(0, -8), 'missing'],
    ['x'.repeat(40_000), 'too long'],
  ])('says what is wrong with %.20j', (text, message) => {
    expect(() => decodeTicket(text)).toThrow(
      expect.objectContaining({ code: 'bad-ticket', message: expect.stringContaining(message) }),
    );
  });

  it('carries no address that could fool a terminal', () => {
    expect(() => encodeTicket({ ...TICKET, addresses: ['/ip4/1.2.3.4/\u001b[2J'] })).toThrow();
  });
});
