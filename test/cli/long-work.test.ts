import { describe, expect, it } from 'vitest';
import { backupPrinter } from '../../cli/printers/backup.ts';
import { whileWorking, workPrinter } from '../../cli/printers/long-work.ts';
import { prunePrinter } from '../../cli/printers/prune.ts';
import { RateMeter } from '../../cli/printers/rate-meter.ts';
import { paintFor } from '../../cli/terminal/paint.ts';
import { progressLine } from '../../cli/terminal/progress-line.ts';
import { createSession, type Session } from '../../cli/terminal/session.ts';
import { SimulatedClock } from '../../src/runtime/simulated-clock.ts';
import { type FakeTerminal, fakeTerminal, NO_SIGNAL } from './fake-terminal.ts';
import { checkLines } from './json-schemas.ts';

const PLAIN = { json: false, quiet: false, verbose: false };

function sessionOf(terminal: FakeTerminal, mode: Partial<typeof PLAIN> = {}): Session {
  return createSession(terminal, { ...PLAIN, ...mode }, NO_SIGNAL);
}

/** What stood on the line, one drawing after the other. */
function drawings(terminal: FakeTerminal): string[] {
  return terminal
    .err()
    .split('\r\u001b[K')
    .filter((text) => text !== '');
}

describe('a rate', () => {
  it('is that of the last seconds, so that a slow start is forgotten', () => {
    const meter = new RateMeter();
    expect(meter.perSecond()).toBeUndefined();
    meter.note(0, 0);
    meter.note(60_000, 60); // a minute at 1 a second
    expect(meter.perSecond()).toBeCloseTo(1);
    for (let s = 1; s <= 40; s++) meter.note(60_000 + s * 1000, 60 + s * 100);
    expect(meter.perSecond()).toBeCloseTo(100);
    expect(meter.remainingMs(60 + 4000 + 200)).toBeCloseTo(2000);
  });

  it('gives no time left when nobody can know: no total, no second of work, nothing done', () => {
    const meter = new RateMeter();
    meter.note(0, 0);
    meter.note(500, 50);
    expect(meter.remainingMs(100)).toBeUndefined();
    meter.note(1000, 50); // no news
    expect(meter.perSecond()).toBeCloseTo(50);
    expect(meter.remainingMs(undefined)).toBeUndefined();
    const stuck = new RateMeter();
    stuck.note(0, 0);
    stuck.note(5000, 0);
    expect(stuck.remainingMs(100)).toBeUndefined();
  });
});

describe('a progress line', () => {
  it('is rewritten on a terminal, says when there is no news, and is gone at the end', async () => {
    const [terminal, clock] = [fakeTerminal({ tty: true }), new SimulatedClock()];
    const line = progressLine(sessionOf(terminal), clock);
    line.update(() => '1 of 9');
    line.update(() => 'too soon to be drawn');
    await clock.advance(8500);
    line.update(() => '2 of 9');
    line.clear();
    const shown = drawings(terminal);
    expect(shown[0]).toBe('1 of 9');
    expect(shown).toContain('too soon to be drawn  (no news for 6.0 s)');
    expect(shown.at(-1)).toBe('2 of 9');
    expect(terminal.err().endsWith('\r\u001b[K')).toBe(true);
    const length = terminal.err().length;
    await clock.advance(60_000);
    expect(terminal.err()).toHaveLength(length);
  });

  it('is a plain line every half minute where there is no terminal, and none of short work', async () => {
    const [log, clock] = [fakeTerminal(), new SimulatedClock()];
    const line = progressLine(sessionOf(log), clock);
    for (let s = 0; s < 95; s++) {
      line.update(() => `${s} of 100`);
      await clock.advance(1000);
    }
    line.clear();
    expect(log.err()).toMatch(/^\d+ of 100\n\d+ of 100\n\d+ of 100\n$/);
    const short = fakeTerminal();
    const quick = progressLine(sessionOf(short), clock);
    quick.update(() => 'quick');
    await clock.advance(20_000);
    quick.clear();
    expect(short.err()).toBe('');
  });

  it.each([{ quiet: true }, { json: true }])('says nothing with %j', async (mode) => {
    const [terminal, clock] = [fakeTerminal({ tty: true }), new SimulatedClock()];
    progressLine(sessionOf(terminal, mode), clock).update(() => 'text');
    await clock.advance(60_000);
    expect(terminal.err()).toBe('');
  });
});

describe('work that takes more than two seconds', () => {
  it('shows what it is about while it cannot say more', async () => {
    const [terminal, clock] = [fakeTerminal({ tty: true }), new SimulatedClock()];
    const work = clock.sleep(3500).then(() => 'done');
    expect(await clock.until(whileWorking(sessionOf(terminal), 'reading the logs', work, clock))).toBe(
      'done',
    );
    expect(drawings(terminal)).toEqual([1, 2, 3].map((s) => `reading the logs  ${s}.0 s`));
  });

  it('asks the mesh first, then says how far it is, at what rate, and how much time is left', async () => {
    const [terminal, clock] = [fakeTerminal({ tty: true }), new SimulatedClock()];
    const meter = new RateMeter();
    const printer = workPrinter<{ elapsedMs: number; done: number }, string>(
      sessionOf(terminal),
      {
        line: ({ elapsedMs, done }) => {
          meter.note(elapsedMs, done);
          return `${done} done, ${meter.perSecond() ?? '?'}/s, ${meter.remainingMs(100) ?? '?'} ms left`;
        },
        status: () => ({}),
        summary: () => undefined,
      },
      clock,
    );
    const work = printer.during(async (tell) => {
      await clock.sleep(2500);
      for (const s of [0, 1, 2]) {
        tell({ elapsedMs: s * 1000, done: s * 10 });
        await clock.sleep(1000);
      }
      return 'summary';
    });
    await clock.until(work);
    const shown = drawings(terminal);
    expect(shown[0]).toBe('asking the mesh  1.0 s');
    expect(shown).toContain('20 done, 10/s, 8000 ms left');
  });

  it('backup tells rate and time left, prune its snapshots; as JSON the same', async () => {
    const tty = fakeTerminal({ tty: true });
    const copies = [{ peer: 'x', name: 'nas', chunks: 4 }];
    const progress = (s: number) => ({
      elapsedMs: s * 1000,
      filesDone: s,
      bytesDone: s * 1e6,
      totalBytes: 100e6,
      totalFiles: 100,
      bytesStored: 0,
      copies,
    });
    const json = fakeTerminal();
    const printer = backupPrinter(sessionOf(json, { json: true }));
    const late = printer.during((tell) => {
      for (const s of [0, 1, 2, 3]) tell(progress(s));
      return Promise.reject(new Error('stop here'));
    });
    await expect(late).rejects.toThrow('stop here');
    const lines = checkLines('vault-backup', json.out());
    expect(lines.at(-1)).toMatchObject({ seconds_elapsed: 3, seconds_remaining: 97, percent_done: 0.03 });
    const pruning = prunePrinter(sessionOf(tty)).during((tell) => {
      tell({ elapsedMs: 0, done: 1, total: 4 });
      return Promise.reject(new Error('stop here'));
    });
    await expect(pruning).rejects.toThrow('stop here');
    expect(drawings(tty)).toContain('reading directories: 1 of 4 snapshots');
  });
});

describe('colours', () => {
  it('are on terminals only, and not where NO_COLOR or a dumb terminal asks for none', () => {
    const tty = fakeTerminal({ tty: true }).stderr;
    expect(paintFor(tty, {})('red', 'x')).toBe('\u001b[31mx\u001b[39m');
    expect(paintFor(tty, { NO_COLOR: '' })('red', 'x')).not.toBe('x');
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) expect(paintFor(tty, env)('red', 'x')).toBe('x');
    expect(paintFor(fakeTerminal().stderr, {})('red', 'x')).toBe('x');
  });

  it('mark warnings, and take no word away', () => {
    const terminal = fakeTerminal({ tty: true });
    sessionOf(terminal).warn('few copies');
    expect(terminal.err()).toBe('\u001b[33mwarning:\u001b[39m few copies\n');
  });
});
