/** What an archive is made of, whatever its format: entries in order, and bytes that somebody reads while they are made. */
import type { DirectoryNode, FileNode, LinkNode, SpecialNode } from '../format/tree-page.ts';
import { VaultError } from '../model/errors.ts';

/** Calls come one after the other, each after the one before has resolved. Names are relative, '/'-separated. */
export interface ArchiveWriter {
  directory(name: string, node: DirectoryNode): Promise<void>;
  link(name: string, node: LinkNode): Promise<void>;
  /** A pipe or device; false when the format has no such thing. */
  special(name: string, node: SpecialNode): Promise<boolean>;
  /** `content` gives exactly the node's bytes. */
  file(name: string, node: FileNode, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** Another name of a file that is in the archive as `first`; false when the format has no such thing. */
  hardLink(name: string, node: FileNode, first: string): Promise<boolean>;
  end(): void;
}

export interface Archive {
  readonly writer: ArchiveWriter;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Ends the bytes with an error. */
  fail(error: Error): void;
}

/** Bytes made and not yet read before the writer waits. */
const MAX_UNREAD = 1 << 20;

/** Lets what makes an archive wait for who reads it, whatever the library in between keeps in its buffers (T4). */
export class ReadGate {
  #unread = 0;
  #closed = false;
  #wake: () => void = () => undefined;

  /** So many bytes were made, at least. Throws 'closed' when nobody reads any more. */
  async made(bytes: number): Promise<void> {
    this.#unread += bytes;
    for (;;) {
      if (this.#closed) throw new VaultError('closed', 'nobody reads the archive any more');
      if (this.#unread <= MAX_UNREAD) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async *read(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of bytes) {
        yield chunk;
        this.#unread = Math.max(0, this.#unread - chunk.length);
        this.#wake();
      }
    } finally {
      this.#closed = true;
      this.#wake();
    }
  }
}
