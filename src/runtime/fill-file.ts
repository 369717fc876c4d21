/** The bytes of a new file: chunks come by the hundred thousand, and descriptors cost less than the FileHandles of node:fs/promises. */
import fs from 'node:fs';
import { promisify } from 'node:util';

const written = promisify(fs.write);
const synced = promisify(fs.fsync);

/** Writes `parts` end to end, makes them durable, and closes the file, also when that fails. Throws what the system says. */
export async function fillFile(descriptor: number, parts: readonly Uint8Array[]): Promise<void> {
  try {
    for (const part of parts) await writeAll(descriptor, part);
    await synced(descriptor);
  } finally {
    fs.closeSync(descriptor); // nothing is left to write: less work than asking a thread to
  }
}

async function writeAll(descriptor: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await written(descriptor, bytes, at, bytes.length - at, null);
    at += bytesWritten;
  }
}
