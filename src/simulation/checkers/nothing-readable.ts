/** nothing-readable (S4): no byte that reaches a holder's disk is plain text, a name, or a key. */
import type { DiskChange, World } from '../world.ts';

export function nothingReadable(world: World, { machine, path, bytes }: DiskChange): void {
  if (!bytes) return;
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (
    !world.secrets.some((secret) =>
      haystack.includes(Buffer.from(secret.buffer, secret.byteOffset, secret.length)),
    )
  )
    return;
  world.fail('nothing-readable', `${machine.label} wrote something readable into ${path}`);
}
