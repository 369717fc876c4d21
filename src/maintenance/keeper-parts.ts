/** The parts of a peer's upkeep, put together once. */
import { Audit } from './audit.ts';
import { Compare } from './compare.ts';
import { Contacts } from './contacts.ts';
import { Drain } from './drain.ts';
import { HealthWatch } from './health-watch.ts';
import type { KeeperContext } from './keeper-context.ts';
import type { KeeperState } from './keeper-state.ts';
import { Leases } from './leases.ts';
import { LogPull } from './log-pull.ts';
import { MissingWatch } from './missing-watch.ts';
import { Recruit } from './recruit.ts';
import { Repair } from './repair.ts';
import { Reports } from './reports.ts';
import { Scrub } from './scrub.ts';
import { Trim } from './trim.ts';
import { Views } from './views.ts';

/** A pause of so many rounds is not somebody's silence but our own sleep. */
const SLEEP_ROUNDS = 4;

export interface KeeperParts {
  readonly views: Views;
  readonly contacts: Contacts;
  readonly watch: HealthWatch;
  readonly compare: Compare;
  readonly leases: Leases;
  readonly missing: MissingWatch;
  readonly repair: Repair;
  readonly trim: Trim;
  readonly drained: Drain;
  readonly audit: Audit;
  readonly scrub: Scrub;
  readonly recruit: Recruit;
  readonly reports: Reports;
}

/** `version`: of our own software. */
export function keeperParts(context: KeeperContext, state: KeeperState, version: string): KeeperParts {
  const { network, holdings, clock, random, settings, warn, detail } = context;
  const contacts = new Contacts(network, clock);
  const reports = new Reports(warn);
  const watch = new HealthWatch({
    self: network.self,
    clock,
    settings: settings.health,
    longestMs: SLEEP_ROUNDS * settings.syncMs,
    health: state.health,
    audits: state.audits,
  });
  const compare = new Compare({ contacts, watch, logs: new LogPull(reports), clock, random, detail });
  const leases = new Leases(clock, settings.leaseMs);
  return {
    views: new Views(holdings, network.self, settings.stuckMs),
    contacts,
    watch,
    compare,
    leases,
    missing: new MissingWatch(clock),
    repair: new Repair(context, contacts),
    trim: new Trim(context, contacts, leases),
    drained: new Drain(context, contacts),
    audit: new Audit(context, contacts, watch, compare),
    scrub: new Scrub(context, state.scrub),
    recruit: new Recruit(context, contacts, version),
    reports,
  };
}
