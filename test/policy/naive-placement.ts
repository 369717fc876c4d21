/** The placement rule (docs/spec/placement.md, clauses 3 to 5) a second time, slowly and from the text, to compare with. */
import { createHash } from 'node:crypto';
import type { TableMember } from '../../src/policy/placement.ts';

export function naiveArrival(member: TableMember, vault: Uint8Array, group: number): number {
  const digest = createHash('sha256')
    .update('vault-mesh/1/placement', 'utf8')
    .update(vault)
    .update(Buffer.from([group]))
    .update(member.peer, 'utf8')
    .digest();
  const first52Bits = BigInt(`0x${digest.toString('hex', 0, 8)}`) >> 12n;
  return -Math.log((Number(first52Bits) + 0.5) / 4503599627370496) / member.weight;
}

/** Picks holders one by one: of those whose zone is used least, the earliest. */
export function naiveOrder(members: readonly TableMember[], vault: Uint8Array, group: number): string[] {
  const left = [...members];
  const chosen: TableMember[] = [];
  const used = (member: TableMember): number => chosen.filter((other) => other.zone === member.zone).length;
  while (left.length > 0) {
    const least = Math.min(...left.map(used));
    const open = left.filter((member) => used(member) === least);
    open.sort((a, b) => {
      const difference = naiveArrival(a, vault, group) - naiveArrival(b, vault, group);
      return difference !== 0 ? difference : a.peer < b.peer ? -1 : 1;
    });
    const [next] = open;
    if (!next) break;
    chosen.push(next);
    left.splice(left.indexOf(next), 1);
  }
  return chosen.map((member) => member.peer);
}
