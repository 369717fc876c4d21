/** quota-kept (S4): what a peer keeps for others never exceeds what its owner gave, or had given when it took it. */
import type { DiskChange, World } from '../world.ts';

export function quotaKept(world: World, { machine, kind }: DiskChange): void {
  const { heldBytes } = machine.books;
  const { allowedBytes } = machine;
  if (kind !== 'written' || heldBytes <= allowedBytes) return;
  world.fail('quota-kept', `${machine.label} keeps ${heldBytes} bytes and may keep ${allowedBytes}`);
}
