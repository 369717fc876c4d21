/** Does this machine run on its battery? Linux says so below /sys/class/power_supply; elsewhere nobody is asked. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

const SUPPLIES = '/sys/class/power_supply';

/** True when a battery of the machine is being emptied and no supply from outside is connected. False where nothing can be told. */
export async function onBattery(folder: string = SUPPLIES): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  const supplies = await Promise.all(names.map((name) => supplyAt(path.join(folder, name))));
  if (supplies.some(({ type, online }) => type !== 'Battery' && online === '1')) return false;
  return supplies.some(
    // Batteries of mice and keyboards have the scope "Device".
    ({ type, status, scope }) => type === 'Battery' && scope !== 'Device' && status === 'Discharging',
  );
}

async function supplyAt(folder: string): Promise<Readonly<Record<string, string>>> {
  const files = ['type', 'online', 'status', 'scope'];
  const values = await Promise.all(
    files.map(async (file) => [
      file,
      (await readFile(path.join(folder, file), 'utf8').catch(() => '')).trim(),
    ]),
  );
  return Object.fromEntries(values) as Readonly<Record<string, string>>;
}
