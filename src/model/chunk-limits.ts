/** The largest chunk there is, plain and sealed: bounds that format, crypto, stores and protocols agree on (C2, C4). Bytes. */
import { MiB } from './units.ts';

/** Plain bytes one chunk may carry: the longest piece the chunker cuts (C2). */
export const MAX_PLAIN_BYTES: number = 4 * MiB;
/** Sealed bytes of the largest chunk: plain, headers, tag and padding, with room to spare (C4). */
export const MAX_SEALED_BYTES: number = 4.5 * MiB;
