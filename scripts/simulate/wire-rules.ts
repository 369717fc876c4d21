/** What the switchboard does to the bytes of a peer: plain data, sent from the simulation to the thread that moves the bytes. */

/** mute: nothing it sends arrives; deaf: nothing arrives at it. Both: it is cut off. */
export interface WireRule {
  readonly mute?: boolean;
  readonly deaf?: boolean;
  /** Added to every piece of data, each way. */
  readonly delayMs?: number;
  readonly bytesPerSecond?: number;
}

/** `port`: where that peer listens; `rule`: what holds for it from now on. */
export type WireOrder =
  | { readonly kind: 'peer'; readonly name: string; readonly port: number }
  | { readonly kind: 'rule'; readonly name: string; readonly rule: WireRule };
