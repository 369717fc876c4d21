/** The program `vault`: back up, list, restore and check, as a short-lived peer of the mesh. */
import { main } from './terminal/main.ts';
import { vaultProgram } from './vault-program.ts';

await main(vaultProgram);
