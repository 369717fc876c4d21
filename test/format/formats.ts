/** Every stored format as one row: a random value, how it is written and how it is read. */
import fc from 'fast-check';
import { verify } from '../../src/crypto/ed25519.ts';
import { verifyPeer } from '../../src/crypto/peer-key.ts';
import { decodeAdvert, encodeAdvert } from '../../src/format/advert.ts';
import { decodeAnnouncement, encodeAnnouncement } from '../../src/format/announcement.ts';
import { decodeCertificate, encodeCertificate } from '../../src/format/certificate.ts';
import { decodeContentList, encodeContentList } from '../../src/format/content-list.ts';
import { decodeHolderTable, encodeHolderTable } from '../../src/format/holder-table.ts';
import { decodeIndex, encodeIndex } from '../../src/format/index-chunk.ts';
import {
  decodeInvitation,
  encodeInvitation,
  invitationText,
  parseInvitation,
} from '../../src/format/invitation.ts';
import { decodeLogEntry, encodeLogEntry } from '../../src/format/log-entry.ts';
import { decodeMemberList, encodeMemberList } from '../../src/format/member-list.ts';
import { decodeRecruitment, encodeRecruitment } from '../../src/format/recruitment.ts';
import { decodeSnapshot, encodeSnapshot } from '../../src/format/snapshot.ts';
import { decodeTicket, encodeTicket } from '../../src/format/ticket.ts';
import { decodeTreePage, encodeTreePage } from '../../src/format/tree-page.ts';
import { utf8 } from '../../src/model/bytes.ts';
import * as arbitrary from './arbitraries.ts';

export interface Row {
  readonly name: string;
  /** A random value and its bytes. */
  readonly samples: fc.Arbitrary<{ readonly value: unknown; readonly bytes: Uint8Array }>;
  readonly decode: (bytes: Uint8Array) => unknown;
}

function row<T>(
  name: string,
  values: fc.Arbitrary<T>,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => unknown,
): Row {
  return { name, samples: values.map((value) => ({ value, bytes: encode(value) })), decode };
}

export const SELF: Uint8Array = new Uint8Array(32).fill(0xee);

export const ROWS: readonly Row[] = [
  row('tree page', arbitrary.treeNodes, encodeTreePage, (bytes) => decodeTreePage(bytes, SELF)),
  row('content list', fc.array(arbitrary.blobRefs, { maxLength: 20 }), encodeContentList, decodeContentList),
  row('index', arbitrary.indexes, encodeIndex, decodeIndex),
  row('snapshot', arbitrary.snapshots, encodeSnapshot, decodeSnapshot),
  row('announcement', arbitrary.announcements, encodeAnnouncement, decodeAnnouncement),
  row(
    'device certificate',
    arbitrary.certificates,
    (value) => encodeCertificate(value, arbitrary.signVault),
    (bytes) => decodeCertificate(bytes, verify),
  ),
  row(
    'log entry',
    arbitrary.logEntries,
    (value) => encodeLogEntry(value, arbitrary.signDevice, arbitrary.signVault),
    (bytes) => decodeLogEntry(bytes, verify),
  ),
  row(
    'holder table',
    arbitrary.holderTables,
    (value) => encodeHolderTable(value, arbitrary.signVault),
    (bytes) => decodeHolderTable(bytes, verify),
  ),
  row(
    'recruitment',
    arbitrary.recruitments,
    (value) => encodeRecruitment(value, arbitrary.signPeer),
    (bytes) => decodeRecruitment(bytes, verifyPeer),
  ),
  row('member list', arbitrary.memberLists, encodeMemberList, decodeMemberList),
  row(
    'peer advert',
    arbitrary.adverts,
    (value) => encodeAdvert(value, arbitrary.signPeer),
    (bytes) => decodeAdvert(bytes, verifyPeer),
  ),
  row('invitation', arbitrary.invitations, encodeInvitation, decodeInvitation),
  row(
    'text of an invitation',
    arbitrary.invitationBoxes,
    (value) => utf8(invitationText(value)),
    (bytes) => parseInvitation(Buffer.from(bytes).toString('latin1')),
  ),
  row(
    'ticket',
    arbitrary.tickets,
    (value) => utf8(encodeTicket(value)),
    (bytes) => decodeTicket(Buffer.from(bytes).toString('latin1')),
  ),
];
