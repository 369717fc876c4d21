/** What tells this machine from others, so that no copy is counted on the machine that it backs up (P2). */
import { readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';

const FILES = ['/etc/machine-id', '/var/lib/dbus/machine-id'];

function idFile(): string | undefined {
  for (const file of FILES) {
    try {
      const text = readFileSync(file, 'utf8').trim();
      if (text !== '') return text;
    } catch {
      // Not on this system: the next source is tried.
    }
  }
  return undefined;
}

function hardware(): string {
  const macs = Object.values(networkInterfaces())
    .flat()
    .map((entry) => entry?.mac ?? '')
    .filter((mac) => mac !== '' && mac !== '00:00:00:00:00:00');
  return [hostname(), ...new Set(macs)].sort().join(' ');
}

/** VAULT_MACHINE_ID, else the system's own id, else host name and network cards. Never leaves the machine as it is. */
export function machineId(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return env.VAULT_MACHINE_ID || idFile() || hardware();
}
