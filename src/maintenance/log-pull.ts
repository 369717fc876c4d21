/** Takes over what a co-holder's logs have more; what is no valid extension is refused and reported once (L1, L3). */
import { entryHash } from '../format/log-entry.ts';
import { bytesEqual } from '../model/bytes.ts';
import { isVaultError } from '../model/errors.ts';
import { idText, keyOf, type PeerName } from '../model/ids.ts';
import { MAX_HEADS } from '../protocol/methods.ts';
import type { LogHead, RemotePeer } from '../protocol/remote-peer.ts';
import type { VaultHolding } from '../store/holdings.ts';
import type { Reports } from './reports.ts';

export type LogSource = Pick<RemotePeer, 'peer' | 'logHeads' | 'logRead'>;

/** Ends of logs that peers have shown, so that one that becomes shorter is noticed. */
const REMEMBERED = 20_000;

export class LogPull {
  readonly #reports: Reports;
  /** Per peer and device: the most entries it has shown. */
  readonly #shown = new Map<string, number>();

  constructor(reports: Reports) {
    this.#reports = reports;
  }

  /** How many entries came. Throws what asking the peer throws. */
  async pull(source: LogSource, holding: VaultHolding, signal: AbortSignal): Promise<number> {
    let added = 0;
    for (const head of await source.logHeads({ signal })) {
      this.#noteShown(source.peer, holding, head);
      added += await this.#pullOne(source, holding, head, signal);
    }
    return added;
  }

  async #pullOne(
    source: LogSource,
    holding: VaultHolding,
    theirs: LogHead,
    signal: AbortSignal,
  ): Promise<number> {
    const { logs } = holding;
    const ours = logs.heads().find(({ device }) => bytesEqual(device, theirs.device));
    if (ours && ours.next >= theirs.next) {
      await this.#checkFork(source.peer, holding, theirs);
      return 0;
    }
    if (!ours && logs.heads().length >= MAX_HEADS) return 0;
    let added = 0;
    for (let next = ours?.next ?? 0; next < theirs.next; ) {
      const entries = await source.logRead(theirs.device, next, { signal });
      if (entries.length === 0) break;
      for (const entry of entries) {
        if (!(await this.#append(source.peer, holding, theirs, entry))) return added;
        added += 1;
      }
      next += entries.length;
    }
    return added;
  }

  async #append(peer: PeerName, holding: VaultHolding, head: LogHead, entry: Uint8Array): Promise<boolean> {
    try {
      await holding.append(entry);
      return true;
    } catch (error) {
      if (
        !isVaultError(error, 'corrupt', 'forgery', 'rollback', 'not-found', 'denied', 'unsupported-version')
      ) {
        throw error;
      }
      this.#report(peer, holding, head, `an entry of it was refused: ${error.message}`, error.code);
      return false;
    }
  }

  /** A shorter log is one that is behind, as long as it is the beginning of ours. */
  async #checkFork(peer: PeerName, holding: VaultHolding, theirs: LogHead): Promise<void> {
    if (theirs.next === 0) return;
    const [entry] = await holding.logs.read(theirs.device, theirs.next - 1, 1);
    if (!entry || bytesEqual(entryHash(entry), theirs.hash)) return;
    this.#report(
      peer,
      holding,
      theirs,
      `entry ${theirs.next - 1} there is another than here: its device has signed two`,
      'fork',
    );
  }

  #noteShown(peer: PeerName, holding: VaultHolding, { device, next }: LogHead): void {
    const key = `${peer} ${keyOf(holding.vault)} ${keyOf(device)}`;
    const before = this.#shown.get(key) ?? 0;
    this.#shown.delete(key);
    this.#shown.set(key, Math.max(before, next));
    for (const oldest of this.#shown.keys()) {
      if (this.#shown.size <= REMEMBERED) break;
      this.#shown.delete(oldest);
    }
    if (next >= before) return;
    const head = { device, next, hash: new Uint8Array(0) };
    this.#report(peer, holding, head, `it shows ${next} entries after it had shown ${before}`, 'shorter');
  }

  #report(peer: PeerName, holding: VaultHolding, head: LogHead, what: string, kind: string): void {
    const vault = idText(holding.vault);
    const device = idText(head.device);
    this.#reports.once(
      vault,
      `${peer} ${vault} ${device} ${kind}`,
      `the log of device ${device} of vault ${vault} on peer ${peer}: ${what}`,
    );
  }
}
