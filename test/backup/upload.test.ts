/** What was sent is forgotten at once where nobody looks at it any more, and only there (T4). */
import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PendingChunk } from '../../src/backup/pending-chunk.ts';
import { Uploader } from '../../src/backup/upload.ts';
import type { SealedBytes } from '../../src/crypto/chunk-cipher.ts';
import { ChunkKind } from '../../src/format/kinds.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import type { PutResult, SealedChunk } from '../../src/store/chunk-store.ts';
import { VaultState } from '../../src/vault/vault-state.ts';
import { KEYS } from './rehearsal.ts';

class Sending {
  readonly events: string[] = [];
  readonly #state = VaultState.open(':memory:', { vault: KEYS.vault, device: new Uint8Array(32) });
  readonly #uploader: Uploader;

  constructor(put: (chunk: SealedChunk) => Promise<PutResult>) {
    const store = {
      put: async (chunk: SealedChunk): Promise<PutResult> => {
        const result = await put(chunk);
        this.events.push(`kept ${chunk.bytes.length} bytes`);
        return result;
      },
    };
    this.#uploader = new Uploader({ store, state: this.#state, clock: systemClock });
  }

  async send(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    const digest = new Uint8Array(hash('sha256', bytes, 'buffer'));
    const release = (): void => {
      this.events.push('released');
    };
    const sealed: SealedBytes = { digest, bytes, plainLength: bytes.length, release };
    const draft = { kind: ChunkKind.content, plainLength: bytes.length, blobs: [] };
    await this.#uploader.send(draft, async () => sealed, new PendingChunk());
    await this.#uploader.drain();
  }

  end(): void {
    this.#state.close();
  }
}

describe('an uploader gives the memory of a chunk back', () => {
  it('when the store says that nobody looks at it any more, and when it needs not be sent', async () => {
    const sending = new Sending(async () => ({ holders: ['a'], unused: true }));
    await sending.send('first');
    await sending.send('first');
    expect(sending.events).toEqual(['kept 5 bytes', 'released', 'released']);
    sending.end();
  });

  it('not when somebody may be in the middle of it', async () => {
    const sending = new Sending(async () => ({ holders: ['a'] }));
    await sending.send('first');
    expect(sending.events).toEqual(['kept 5 bytes']);
    sending.end();
  });

  it('not when it was not kept', async () => {
    const sending = new Sending(async () => {
      throw new Error('no');
    });
    await expect(sending.send('first')).rejects.toThrow('no');
    expect(sending.events).toEqual([]);
    sending.end();
  });
});
