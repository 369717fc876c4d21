/** Which copies the simulator itself destroyed, and when: what a promise may be wrong about until it can have been noticed. */

export class DamageLedger {
  /** When a copy was last damaged, by machine and digest. */
  readonly #at = new Map<string, number>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  note(machine: number, digest: string, nowMs: number): void {
    this.#at.set(`${machine} ${digest}`, nowMs);
    this.#count++;
  }

  /** Was this machine's copy damaged at `sinceMs` or later? */
  damagedSince(machine: number, digest: string, sinceMs: number): boolean {
    return (this.#at.get(`${machine} ${digest}`) ?? Number.NEGATIVE_INFINITY) >= sinceMs;
  }
}
