/** What `vault status` says of made-up reports: copies, who is away, what is repaired, and what if (S4). */
import { describe, expect, it } from 'vitest';
import { printStatus } from '../../cli/printers/status.ts';
import { localTime } from '../../cli/printers/words.ts';
import { createSession } from '../../cli/terminal/session.ts';
import type { VaultStatusReport } from '../../src/index.ts';
import { fakeTerminal, NO_SIGNAL } from './fake-terminal.ts';

const AT = Date.UTC(2026, 10, 20, 12);
const HOUR_MS = 3_600_000;

const REPORT: VaultStatusReport = {
  role: 'full' as const,
  vaultId: 'v',
  copiesTarget: 3,
  holdersKnown: 4,
  holdersAnswering: 3,
  chunks: 7,
  histogram: [
    { copies: 2, chunks: 1 },
    { copies: 3, chunks: 6 },
  ],
  snapshots: [
    {
      snapshot: {
        id: 'a'.repeat(64),
        timeMs: AT,
        host: 'laptop',
        user: 'me',
        paths: ['/home'],
        tags: [],
        program: 'p',
        files: 1,
        directories: 1,
        links: 0,
        bytes: 9,
      },
      copiesMin: 2,
      zonesMin: 2,
      peersCanBeLost: 1,
      zonesCanBeLost: 1,
      complete: true,
    },
  ],
  silent: ['nas'],
  away: [{ peer: '12D3nas', name: 'nas', silentMs: 2 * HOUR_MS, health: 'away' }],
  unsound: [],
  braked: [],
  repairing: [{ peer: '12D3attic', name: 'attic', missing: 3, unavailable: 0, sinceMs: AT }],
  chunksUnavailable: 0,
  chunksLost: 0,
};

function said(report: VaultStatusReport) {
  const text = fakeTerminal();
  const json = fakeTerminal();
  printStatus(createSession(text, { json: false, quiet: false, verbose: false }, NO_SIGNAL), report);
  printStatus(createSession(json, { json: true, quiet: false, verbose: false }, NO_SIGNAL), report);
  return { out: text.out(), err: text.err(), messages: json.messages() };
}

describe('status', () => {
  it('names who is away and since when, and who fetches what since when', () => {
    const { out, err, messages } = said(REPORT);
    expect(out).toContain('away      nas: silent for at least 2 h 00 min, its copies stay on the books\n');
    expect(out).toContain(`repairing attic: 3 chunks to fetch, since ${localTime(AT)}\n`);
    expect(err).toContain('1 snapshot has fewer than 3 copies');
    expect(messages.at(-1)).toMatchObject({
      message_type: 'vault_status',
      copies_min: 2,
      away: [{ peer_id: '12D3nas', name: 'nas', health: 'away', silent_seconds: 7200 }],
      repairing: [
        {
          peer_id: '12D3attic',
          name: 'attic',
          chunks_missing: 3,
          chunks_unavailable: 0,
          since: '2026-11-20T12:00:00.000Z',
        },
      ],
    });
  });

  it('says which holders wait with repair, by their own word and not by guessing (R2)', () => {
    const gone = (name: string) => ({ peer: `12D3${name}`, name, silentMs: 5000, health: 'away' as const });
    const away = [gone('nas'), gone('cellar'), gone('shed')];
    expect(said({ ...REPORT, away }).out).not.toContain('broken network');
    const { out, messages } = said({ ...REPORT, away, braked: ['attic', 'home'] });
    expect(out).toContain('waiting   attic, home: so many fell silent at once');
    expect(messages.at(-1)).toMatchObject({ braked: ['attic', 'home'] });
  });

  it('names who failed whose audits, and whether its copies count (R4)', () => {
    const away = [{ peer: '12D3nas', name: 'nas', health: 'unsound' as const }];
    const unsound = [
      { peer: '12D3nas', name: 'nas', by: ['attic', 'home'], counted: false },
      { peer: '12D3shed', name: 'shed', by: ['attic'], counted: true },
    ];
    const { out, messages } = said({ ...REPORT, away, unsound });
    expect(out).toContain('unsound   nas: failed the audits of attic, home, so its copies are not counted\n');
    expect(out).toContain('doubted   shed: failed the audits of attic; its copies count until');
    expect(out.match(/failed the audits/g)).toHaveLength(2);
    expect(messages.at(-1)).toMatchObject({
      unsound: [
        { peer_id: '12D3nas', counted: false },
        { name: 'shed', by: ['attic'], counted: true },
      ],
    });
  });

  it('calls lost what nobody has, and not something that is being repaired (S4)', () => {
    const attic = { peer: '12D3attic', name: 'attic', missing: 3, unavailable: 3, sinceMs: AT };
    const { out, messages } = said({
      ...REPORT,
      repairing: [attic, { ...attic, name: 'home', unavailable: 1 }],
      chunksUnavailable: 4,
      chunksLost: 3,
    });
    expect(out).not.toContain('repairing attic');
    expect(out).toContain('lacking   attic: 3 chunks that nobody who answers it has, since');
    expect(out).toContain('repairing home: 3 chunks to fetch, of which nobody who answers it has 1, since');
    expect(out).toContain('lost      3 chunks: no holder has any copy');
    expect(out).toContain('missing   1 chunk: on no holder that answers and counts now');
    expect(messages.at(-1)).toMatchObject({ chunks_unavailable: 4, chunks_lost: 3 });
  });

  it('says what to do when there are fewer holders than copies', () => {
    expect(said(REPORT).err).not.toContain('join');
    expect(said({ ...REPORT, holdersAnswering: 2 }).err).toContain(
      'only 2 holders can have any: start those that are off, or let another peer join',
    );
  });

  it.each([
    ['silent', 'away      nas: does not answer this machine'],
    ['lost', 'lost      nas: taken to be lost, so its copies belong on other peers now'],
  ] as const)('tells %s peers from those that are merely away (R1)', (health, line) => {
    const away = [{ peer: '12D3nas', name: 'nas', health }];
    expect(said({ ...REPORT, away }).out).toContain(line);
  });

  it('says what would be lost without some peers, snapshot by snapshot', () => {
    const id = 'a'.repeat(64);
    const whatIf = { without: ['attic', 'home'], snapshots: [{ id, lostChunks: 2, restorable: false }] };
    const { out, messages } = said({ ...REPORT, whatIf });
    expect(out).toContain('without attic, home: 1 of 1 snapshot could not be restored whole\n');
    expect(out).toMatch(/aaaaaaaa {2}.* {2}loses 2 chunks {2}\/home\n/);
    expect(messages.filter(({ message_type }) => message_type === 'what_if')).toEqual([
      {
        message_type: 'what_if',
        without: ['attic', 'home'],
        id,
        short_id: 'aaaaaaaa',
        chunks_lost: 2,
        restorable: false,
      },
    ]);
  });

  it('says in one line that nothing would be lost', () => {
    const snapshots = [{ id: 'a'.repeat(64), lostChunks: 0, restorable: true }];
    const { out } = said({ ...REPORT, whatIf: { without: ['attic'], snapshots } });
    expect(out).toContain('without attic: nothing would be lost, every snapshot can still be restored\n');
  });
});
