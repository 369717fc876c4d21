/** The simulated world: machines, devices, network, time and chance, all from one seed (S2). */
import { ticketOf } from '../api/peer-ticket.ts';
import type { OwnerKeys } from '../crypto/vault-keys.ts';
import { isVaultError } from '../model/errors.ts';
import type { PeerName } from '../model/ids.ts';
import { SimulatedHub } from '../network/simulated-hub.ts';
import { SeededRandom } from '../runtime/seeded-random.ts';
import { SimulatedClock } from '../runtime/simulated-clock.ts';
import { DamageLedger } from './damage-ledger.ts';
import { Device } from './device.ts';
import type { DeviceHost, FileChange, MachineHost } from './host.ts';
import { Machine } from './machine.ts';
import { DAY, HOUR, MINUTE, type SimulationSettings } from './simulation-settings.ts';
import { Trace } from './trace.ts';
import { Truth } from './truth.ts';
import { CANARY_BYTES } from './user-files.ts';

/** Something that must never be. */
export interface Breach {
  readonly invariant: string;
  readonly message: string;
  readonly atMs: number;
}

export interface DiskChange extends FileChange {
  readonly machine: Machine;
}

const RETRY_START_MS: number = 20 * MINUTE;
const LATENCIES_MS = [1, 5, 20, 60];

export class World implements MachineHost, DeviceHost {
  readonly settings: SimulationSettings;
  readonly random: SeededRandom;
  readonly clock: SimulatedClock = new SimulatedClock();
  readonly hub: SimulatedHub;
  readonly trace: Trace = new Trace();
  readonly truth: Truth = new Truth();
  readonly ledger: DamageLedger = new DamageLedger();
  readonly machines: Machine[] = [];
  readonly devices: readonly Device[];
  readonly meshSecret: Uint8Array;
  /** Byte strings that no holder may ever see: pieces of plain text, names, keys. */
  readonly secrets: Uint8Array[] = [];
  readonly counts: Map<string, number> = new Map();
  /** Faults that last and have not ended. */
  readonly active: Map<string, number> = new Map();
  readonly onDiskChange: ((change: DiskChange) => void)[] = [];
  bytesMoved = 0;
  /** Everything on the network takes this many times as long. */
  slowness = 1;
  words = '';
  keys: OwnerKeys | undefined;
  /** Part of every file and file name. */
  readonly canary: string;
  onLine: (line: string) => void = () => undefined;
  /** Machines that no device reaches at the moment. */
  beyond: ReadonlySet<PeerName> = new Set();
  readonly #machineNames = new Set<PeerName>();
  #breach: Breach | undefined;

  constructor(settings: SimulationSettings) {
    this.settings = settings;
    this.random = new SeededRandom(`world ${settings.seed}`);
    this.hub = new SimulatedHub({
      clock: this.clock,
      random: this.random.fork('hub'),
      redial: { tickMs: HOUR, maxDelayMs: HOUR },
    });
    this.canary = Buffer.from(this.random.fork('canary').bytes(CANARY_BYTES)).toString('hex');
    this.meshSecret = this.random.fork('mesh').bytes(32);
    const slow = this.random.fork('latencies').below(LATENCIES_MS.length);
    this.hub.latencyMs = () => (LATENCIES_MS[slow] ?? 1) * this.slowness;
    this.hub.blocked = (from, to) => this.#isBeyond(from, to) || this.#isBeyond(to, from);
    this.hub.onBytes = (from, to, bytes) => {
      this.bytesMoved += bytes;
      this.trace.note(`${this.clock.monotonicMs()} ${from} ${to} ${bytes}`);
    };
    this.devices = Array.from({ length: settings.devices }, (_, index) => new Device(this, index));
  }

  get nowMs(): number {
    return this.clock.monotonicMs();
  }

  get breach(): Breach | undefined {
    return this.#breach;
  }

  /** Records the first breach; the run ends with it. */
  fail(invariant: string, message: string): void {
    this.#breach ??= { invariant, message, atMs: this.nowMs };
    this.note(`BREACH ${invariant}: ${message}`);
  }

  note(line: string): void {
    this.trace.note(`${this.nowMs} ${line}`);
    this.onLine(`day ${(this.nowMs / DAY).toFixed(4)} ${line}`);
  }

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  /** A fault that lasts: `end` is called when it is over. */
  during(name: string, forMs: number, end: () => void): void {
    this.active.set(name, (this.active.get(name) ?? 0) + 1);
    this.clock.schedule(forMs, () => {
      const left = (this.active.get(name) ?? 1) - 1;
      if (left > 0) this.active.set(name, left);
      else this.active.delete(name);
      end();
    });
  }

  addMachine(): Machine {
    const { zones, smallBytes } = this.settings;
    const index = this.machines.length;
    const capacityBytes = index === 1 ? smallBytes : this.settings.capacityBytes;
    const machine = new Machine(this, {
      index,
      zone: `zone-${index % zones}`,
      capacityBytes,
      diskBytes: 4 * capacityBytes,
    });
    this.machines.push(machine);
    this.#machineNames.add(machine.name);
    return machine;
  }

  /** Machines that have not left for good. */
  present(): readonly Machine[] {
    return this.machines.filter(({ gone }) => !gone);
  }

  /** Chunks fetched by peers for repair, all their lives together. */
  repairs(): number {
    return this.machines.reduce((sum, machine) => sum + machine.repairs(), 0);
  }

  /** Addresses of a few of the others: what a peer remembers, or was told when it joined. */
  bootstrapFor(machine: number): readonly string[] {
    return this.present()
      .filter((other) => other.options.index !== machine)
      .flatMap((other) => other.addresses());
  }

  ticket(): string {
    const [first, ...others] = this.present();
    if (!first) throw new Error('a mesh without peers');
    return ticketOf(
      this.meshSecret,
      first.name,
      first.addresses(),
      others.flatMap((machine) => machine.addresses()),
    );
  }

  /** A peer whose disk refuses is started again; any other reason is a bug of ours or theirs. */
  startFailed(index: number, error: unknown): void {
    const machine = this.machines[index];
    if (!machine) return;
    if (!isVaultError(error)) this.fail('no-bugs', `${machine.label} did not start: ${textOf(error)}`);
    this.clock.schedule(RETRY_START_MS, () => void machine.start());
  }

  /** Nodes that are no machines are devices. */
  #isBeyond(machine: PeerName, other: PeerName): boolean {
    return this.beyond.size > 0 && this.beyond.has(machine) && !this.#machineNames.has(other);
  }

  diskChanged(index: number, change: FileChange): void {
    const machine = this.machines[index];
    if (machine) for (const listener of this.onDiskChange) listener({ machine, ...change });
  }

  /** Would nobody have this chunk any more without this machine? Of chunks that nobody needs: no. */
  isLastCopy(machine: Machine, digest: string): boolean {
    if (!this.truth.needed().has(digest) || !machine.offers(digest)) return false;
    return !this.present().some((other) => other !== machine && other.offers(digest));
  }

  /** Would some chunk that is needed be lost with this machine? */
  hasLastCopies(machine: Machine): boolean {
    return [...this.truth.needed()].some((digest) => this.isLastCopy(machine, digest));
  }

  /** Who has a good copy of this chunk and would give it out, also when it is switched off now. */
  keepers(digest: string): readonly Machine[] {
    return this.present().filter((machine) => machine.offers(digest));
  }
}

export function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
