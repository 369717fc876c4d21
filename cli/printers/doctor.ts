/** What `vault doctor` found: what is in order in a word each, what is not with what to do about it. */
import type { DoctorReport, FindingLevel, PeerWord } from '../../src/index.ts';
import { type Colour, paintFor } from '../terminal/paint.ts';
import type { Session } from '../terminal/session.ts';
import { count, printable } from './words.ts';

const MARKS: Readonly<Record<FindingLevel, readonly [string, Colour]>> = {
  ok: ['ok      ', 'green'],
  note: ['note    ', 'yellow'],
  problem: ['PROBLEM ', 'red'],
};

/** 1 when something matters. */
export function doctorExitCode({ findings }: DoctorReport): number {
  return findings.some(({ level }) => level === 'problem') ? 1 : 0;
}

function peerJson(peer: PeerWord): Readonly<Record<string, unknown>> {
  const { latencyMs, skewMs, leftOut } = peer;
  return {
    peer_id: peer.peer,
    name: peer.name,
    zone: peer.zone,
    holder: peer.holder,
    answers: peer.answers,
    version: peer.version,
    ...(latencyMs === undefined ? {} : { latency_ms: latencyMs }),
    ...(skewMs === undefined ? {} : { clock_skew_ms: Math.round(skewMs) }),
    ...(leftOut === undefined ? {} : { left_out: leftOut }),
  };
}

export function printDoctor(session: Session, { findings, peers }: DoctorReport): void {
  const paint = paintFor(session.terminal.stdout, session.terminal.env);
  const of = (level: FindingLevel): number => findings.filter((each) => each.level === level).length;
  for (const peer of peers) session.emit({ message_type: 'peer', ...peerJson(peer) });
  for (const finding of findings) session.emit({ message_type: 'finding', ...finding });
  session.emit({ message_type: 'summary', problems: of('problem'), notes: of('note'), in_order: of('ok') });
  for (const { level, message, advice } of findings) {
    const say = level === 'ok' ? session.tell : session.print;
    const [mark, colour] = MARKS[level];
    say(`${paint(colour, mark)}${printable(message)}`);
    if (advice !== undefined) say(`          ${printable(advice)}`);
  }
  const problems = of('problem');
  session.tell(problems === 0 ? 'nothing that matters' : count(problems, 'problem'));
}
