/** Equality of plain content, known only inside one vault: a keyed id of 20 bytes (C5). */
import { createHmac } from 'node:crypto';
import { CONTENT_ID_BYTES, type ContentId } from '../model/ids.ts';
import type { VaultKeys } from './vault-keys.ts';

/** `kind` separates namespaces: the same bytes as content and as a tree page have different ids. */
export function contentIdOf(keys: VaultKeys, kind: number, plain: Uint8Array): ContentId {
  const mac = createHmac('sha256', keys.contentId).update(Uint8Array.of(kind)).update(plain).digest();
  return new Uint8Array(mac.subarray(0, CONTENT_ID_BYTES));
}
