/** What the process that measures a command says to the one that asked. */

export type MeasureWord =
  | { readonly kind: 'progress'; readonly pid: number; readonly writtenBytes: number }
  | { readonly kind: 'failed'; readonly message: string }
  | {
      readonly kind: 'done';
      /** Exit code, or the signal that ended it. */
      readonly end: number | string;
      readonly wallMs: number;
      readonly cpuMs: number;
      readonly peakRssBytes: number;
      readonly writtenBytes: number;
    };
