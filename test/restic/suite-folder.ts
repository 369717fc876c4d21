/** A folder for all tests of a file, gone after them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

export function suiteFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vault-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
