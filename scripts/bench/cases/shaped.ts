/** Case 5: real peers and a real client behind slow, distant and stalling links, in network namespaces. */
import type { BenchContext } from '../context.ts';
import { whyNoNamespaces } from '../net/namespaces.ts';
import { distantLink } from './shaped-distant.ts';
import { fetchFromHolders } from './shaped-fetch.ts';
import { slowUplink } from './shaped-uplink.ts';

export async function shapedCase(context: BenchContext): Promise<void> {
  const why = whyNoNamespaces();
  if (why !== undefined) {
    context.ledger.skipped.push({ case: 'shaped', why });
    return;
  }
  await slowUplink(context);
  await fetchFromHolders(context);
  await distantLink(context);
}
