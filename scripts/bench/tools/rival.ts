/** What a rival can do besides, for the case of small commands. */
import type { Sample } from '../sample.ts';
import type { Repository, Tool } from './tool.ts';

export interface RivalRepository extends Repository {
  snapshots(): Promise<Sample>;
  /** One folder of the newest backup. */
  list(folder: string): Promise<Sample>;
}

export interface Rival extends Tool {
  version(): Promise<Sample>;
  open(folder: string): Promise<RivalRepository>;
}
