/** Takes over whom others know as members: a newer table of the owner, recruitments of members; both prove themselves (P3, R2). */
import type { MemberList } from '../format/member-list.ts';
import { isVaultError } from '../model/errors.ts';
import type { VaultHolding } from '../store/holdings.ts';

/** True when something changed. What is forged, damaged or old is left out; throws 'no-space', 'io'. */
export async function takeMembers(holding: VaultHolding, list: MemberList): Promise<boolean> {
  const newer = list.table !== undefined && (await takeTable(holding, list.table));
  const recruits = await holding.recruits.merge(list.recruits);
  return newer || recruits;
}

async function takeTable(holding: VaultHolding, table: Uint8Array): Promise<boolean> {
  try {
    return (await holding.table.write(table)) === 'added';
  } catch (error) {
    if (isVaultError(error, 'corrupt', 'forgery', 'unsupported-version')) return false;
    throw error;
  }
}
