/** What the owner lets a device of a vault do (L1, L4); its certificate says so. */

/**
 * 'full': everything, it has the vault's secret. 'append-only': adds snapshots and reads its own, takes nothing away. 'keeper': checks and
 * repairs copies, reads no content and adds none.
 */
export type DeviceRole = 'full' | 'append-only' | 'keeper';

/** Random bytes that name the scope of an append-only device: what it seals, it and the owner can open. */
export const SCOPE_BYTES = 16;
