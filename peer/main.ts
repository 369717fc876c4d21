/** The program `vault-peer`: keeps chunks for others and serves them until it is told to stop. */
import { main } from '../cli/terminal/main.ts';
import { peerProgram } from './peer-program.ts';

await main(peerProgram);
