/** A folder that is gone after the test, whatever modes the test has set below it. */
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'vault-test-'));
  onTestFinished(() => {
    if (process.getuid?.() !== 0) makeRemovable(Buffer.from(folder));
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Root removes what is in a read-only folder; others must be allowed to. */
function makeRemovable(folder: Buffer): void {
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })) {
    if (entry.isDirectory()) makeRemovable(Buffer.concat([folder, Buffer.from('/'), entry.name]));
  }
}
