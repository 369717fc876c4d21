/** Two holders with the same logs agree in one hash, also when one took more of a log before that was ended (L3, L4). */
import { afterAll, describe, expect, it } from 'vitest';
import { toHex } from '../../src/model/bytes.ts';
import { logsHash, vaultLogsHash } from '../../src/protocol/logs-hash.ts';
import { type TestHolder, testVault, World } from './holder-fixture.ts';

const owner = testVault(1);
const entries = owner.log(4);
const retirement = owner.retirement(entries.slice(0, 2));
const world = new World();
afterAll(() => world.end());

async function holderOf(...log: readonly Uint8Array[]): Promise<{ hash: string; holder: TestHolder }> {
  const holder = await world.holder();
  const holding = holder.holdings.vault(owner.vault, true);
  for (const entry of log) await holding.append(entry);
  return { hash: toHex(vaultLogsHash(holding)), holder };
}

describe('the hash of all logs', () => {
  it('is that of nothing for no logs, and another one with each entry', async () => {
    const hashes = await Promise.all([0, 1, 2, 3].map((count) => holderOf(...entries.slice(0, count))));
    expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(4);
    expect(hashes[0]?.hash).toBe(toHex(logsHash([])));
  });

  it('is equal on holders that learnt of a retirement before and after more entries (L4)', async () => {
    const [early, late, behind] = await Promise.all([
      holderOf(entries[0] ?? retirement, entries[1] ?? retirement, retirement),
      holderOf(...entries, retirement),
      holderOf(entries[0] ?? retirement, retirement),
    ]);
    expect(late.hash).toBe(early.hash);
    expect(behind.hash).not.toBe(early.hash);
  });

  it('does not count a log of which nothing stands', async () => {
    const none = owner.retirement([]);
    const [with2, without] = await Promise.all([holderOf(...entries.slice(0, 2), none), holderOf(none)]);
    expect(with2.hash).toBe(without.hash);
  });
});
