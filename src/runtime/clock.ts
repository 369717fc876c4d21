/** Time as an input (S2): production code asks a Clock, never the system, so that a simulation can own time. */

export interface Clock {
  /** Wall clock, milliseconds since 1970. For labels and retention on one machine only (L4), never to order events. */
  now(): number;
  /** Monotonic milliseconds since an arbitrary start, with fractions. For latencies and timeouts. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted first. Does not keep the process alive after abort. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `run` once after `ms`; the returned function cancels. */
  schedule(ms: number, run: () => void): () => void;
  /** Lets other work of the event loop run (sockets, timers) before going on. */
  yield(): Promise<void>;
}
