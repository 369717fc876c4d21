/** The figures of one case: medians, and beside our own how many times as long each rival took and what the goal says. */
import { formatBytes, formatDuration } from '../../../src/model/units.ts';
import type { Verdict } from '../goals.ts';
import { figureOf, type Ledger, medianOf, type Row, wallOf } from '../ledger.ts';
import type { Sample } from '../sample.ts';
import { ratio } from '../statistics.ts';
import { type Column, tableLines } from './table.ts';
import { boundText, factor, inUnit, percent } from './words.ts';

interface Figure extends Column {
  readonly text: (row: Row) => string | undefined;
}

type Read = (sample: Sample) => number | undefined;

function said(value: number | undefined, words: (value: number) => string): string | undefined {
  return value === undefined ? undefined : words(value);
}

const bytes = (value: number): string => formatBytes(Math.round(value));

function median(title: string, read: Read, words: (value: number) => string): Figure {
  return { title, right: true, text: (row) => said(medianOf(row, read), words) };
}

/** By name, as in Sample. */
function named(title: string, figure: string, words: (value: number) => string): Figure {
  return { title, right: true, text: (row) => said(figureOf(row, figure), words) };
}

/** Of a backup to peers on loopback, where no link counts what is sent: that, and what the client writes into its own books. */
function sentAndBooked(row: Row): number | undefined {
  const { peers, figures } = row.samples[0] ?? {};
  if (!peers || figures?.sealedBytes === undefined || figures.sentBytes !== undefined) return undefined;
  return medianOf(row, ({ writtenBytes }) => writtenBytes);
}

/** 0 stands for what was not measured. */
const positive = (value: number): number | undefined => (value > 0 ? value : undefined);

const FIGURES: readonly Figure[] = [
  { title: 'data', text: ({ data }) => data },
  { title: 'step', text: ({ step }) => step },
  { title: 'tool', text: ({ tool }) => tool },
  median('wall', ({ wallMs }) => wallMs, formatDuration),
  median('CPU', ({ cpuMs }) => positive(cpuMs), formatDuration),
  median('peak RSS', ({ peakRssBytes }) => positive(peakRssBytes), bytes),
  median('peers CPU', ({ peers }) => peers?.cpuMs, formatDuration),
  median('largest peer', ({ peers }) => peers?.peakRssBytes, bytes),
  median('all peers', ({ peers }) => peers?.totalPeakRssBytes, bytes),
  named('stored', 'storedBytes', bytes),
  named('sealed', 'sealedBytes', bytes),
  named('sent', 'sentBytes', bytes),
  { title: 'sent and booked', right: true, text: (row) => said(sentAndBooked(row), bytes) },
  named('received', 'receivedBytes', bytes),
  named('MB/s', 'megabytesPerSecond', (value) => value.toFixed(value < 10 ? 1 : 0)),
  named('us/file', 'microsecondsPerFile', (value) => value.toFixed(0)),
  named('CPU s/GiB from', 'senderCpuSecondsPerGiB', (value) => value.toFixed(2)),
  named('CPU s/GiB to', 'receiverCpuSecondsPerGiB', (value) => value.toFixed(2)),
  named('own state', 'stateBytes', bytes),
  named('DHT messages', 'dhtMessages', String),
  named('log entries', 'logEntries', String),
  named('sent/sealed', 'sentPerSealed', factor),
  named('time/least', 'timePerSealed', factor),
  named('of the rate', 'shareOfRate', percent),
  named('of one core', 'shareOfOneCore', percent),
];

/** "restic 0.14.0 auto" -> "restic" */
const shortName = (tool: string): string => tool.split(' ')[0] ?? tool;

function rivalsOf(rows: readonly Row[]): readonly string[] {
  return [...new Set(rows.filter(({ rival }) => rival).map(({ tool }) => tool))];
}

function timesRival(row: Row, rival: string, ledger: Ledger): string | undefined {
  if (row.rival) return undefined;
  const { case: name, data, step } = row;
  const [other] = ledger.find({ case: name, data, step, tool: rival });
  return said(ratio(wallOf(other), wallOf(row)), factor);
}

function goalsOf(row: Row, all: readonly Verdict[]): string {
  return all
    .filter((verdict) => verdict.row === row && verdict.unit !== 'bytes')
    .map(
      ({ value, unit, bound, met }) =>
        `${inUnit(value, unit)}, ${boundText(bound, unit)}: ${met ? 'met' : 'missed'}`,
    )
    .join('; ');
}

export function caseTable(name: string, ledger: Ledger, all: readonly Verdict[]): readonly string[] {
  const rows = ledger.find({ case: name }).toSorted((a, b) => placeOf(a, ledger) - placeOf(b, ledger));
  const rivals = rivalsOf(rows);
  const columns: readonly Column[] = [
    ...FIGURES,
    ...rivals.map((rival) => ({ title: `x ${shortName(rival)}`, right: true })),
    { title: 'goal' },
  ];
  const cells = rows.map((row) => [
    ...FIGURES.map(({ text }) => text(row)),
    ...rivals.map((rival) => timesRival(row, rival, ledger)),
    goalsOf(row, all),
  ]);
  return tableLines(columns, cells);
}

/** In the order in which data and steps were first measured, ours before rivals. */
function placeOf(row: Row, ledger: Ledger): number {
  const first = ledger.rows().findIndex(({ case: name, data, step }) => {
    return name === row.case && data === row.data && step === row.step;
  });
  return 2 * first + (row.rival ? 1 : 0);
}
