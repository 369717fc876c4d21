/** quota-kept (S4): what a peer keeps for others never exceeds what its owner gave. */
import type { DiskChange, World } from '../world.ts';

export function quotaKept(world: World, { machine, kind }: DiskChange): void {
  const { heldBytes } = machine.books;
  const { capacityBytes } = machine.options;
  if (kind !== 'written' || heldBytes <= capacityBytes) return;
  world.fail('quota-kept', `${machine.label} keeps ${heldBytes} bytes and may keep ${capacityBytes}`);
}
