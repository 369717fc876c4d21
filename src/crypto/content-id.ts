/** Equality of plain content, known only inside one vault: a keyed id of 20 bytes (C5). */
import { CONTENT_ID_BYTES, type ContentId } from '../model/ids.ts';
import type { VaultKeys } from './vault-keys.ts';

const KINDS: readonly Uint8Array[] = Array.from({ length: 8 }, (_, kind) => Uint8Array.of(kind));

/** `kind` separates namespaces: the same bytes as content and as a tree page have different ids. */
export function contentIdOf(keys: Pick<VaultKeys, 'contentId'>, kind: number, plain: Uint8Array): ContentId {
  return keys.contentId.of(KINDS[kind] ?? Uint8Array.of(kind), plain).subarray(0, CONTENT_ID_BYTES);
}
