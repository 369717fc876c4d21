/**
 * engine init|backup|restore|check|forget FOLDER [...]: the commands of `vault` without a mesh, composed as src/api composes them.
 * The passphrase is in VAULT_PASSWORD, and every command but the first pays for unlocking with it. Prints one JSON line.
 */
import path from 'node:path';
import { createEngine, openEngine } from './open-engine.ts';
import { backupInto, checkAll, forgetAllButNewest, restoreNewest } from './work.ts';

const [verb = '', folder = '', first = '', second] = process.argv.slice(2);
const passphrase = process.env.VAULT_PASSWORD ?? '';

async function work(): Promise<object> {
  if (verb === 'init') {
    await createEngine(folder, passphrase);
    return {};
  }
  const engine = await openEngine(folder, passphrase, verb === 'backup' || verb === 'forget');
  try {
    if (verb === 'backup') return await backupInto(engine, path.resolve(first));
    if (verb === 'restore') return await restoreNewest(engine, path.resolve(first), second);
    if (verb === 'check') return await checkAll(engine);
    if (verb === 'forget') return await forgetAllButNewest(engine);
  } finally {
    engine.close();
  }
  throw new Error(`there is no "${verb}"`);
}

console.log(JSON.stringify(await work()));
