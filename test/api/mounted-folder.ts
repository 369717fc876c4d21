/** A real folder, backed up into a mesh in memory and mounted on a real port: what tests of the mount look at. */
import { request } from 'node:http';
import { onTestFinished } from 'vitest';
import { type DavServer, startDavServer } from '../../src/api/dav-server.ts';
import { MountedTree } from '../../src/api/mounted-tree.ts';
import { CachedTreeReader } from '../../src/backup/cached-tree-reader.ts';
import { OpenedChunks } from '../../src/backup/opened-chunks.ts';
import type { ChunkReader } from '../../src/store/chunk-store.ts';
import { type Device, KEYS, Rehearsal } from '../backup/rehearsal.ts';

export const SECRET = 'a-secret-of-tests';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly text: string;
}

export class MountedFolder {
  readonly mesh: Rehearsal = new Rehearsal();
  readonly device: Device = this.mesh.device();
  readonly faults: string[] = [];
  /** Chunks read from holders. */
  reads = 0;
  /** What a read meets before it gets its chunk. */
  beforeGet: () => void = () => undefined;
  #server: DavServer | undefined;

  async backup(folder: string, host = 'laptop', tags: readonly string[] = []): Promise<string> {
    const { snapshotId } = await this.device.backup([folder], { host, tags });
    return snapshotId ?? '';
  }

  async mount(): Promise<this> {
    const { store } = this.mesh;
    const reader: ChunkReader = {
      get: async (digest) => {
        this.reads++;
        this.beforeGet();
        return await store.get(digest);
      },
    };
    const chunks = new OpenedChunks(reader, KEYS, { retries: true });
    const tree = new MountedTree({
      snapshots: () => Promise.resolve(this.device.state.snapshots()),
      chunks,
      reader: new CachedTreeReader(chunks),
      timeZone: 'UTC',
    });
    const onFault = (message: string): void => {
      this.faults.push(message);
    };
    const server = await startDavServer({ tree, secret: SECRET, port: 0, onFault });
    this.#server = server;
    onTestFinished(() => server.close());
    return this;
  }

  get port(): number {
    return this.#server?.port ?? 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/${SECRET}/`;
  }

  close(): Promise<void> {
    return this.#server?.close() ?? Promise.resolve();
  }

  /** `path` is below the secret, already encoded; with "//" in front it is the whole path. Rejects when the answer breaks off. */
  ask(method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Reply> {
    const whole = path.startsWith('//') ? path.slice(1) : `/${SECRET}${path}`;
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.port, method, path: whole, headers, agent: false };
      const sent = request(options, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const all = Buffer.concat(parts);
          const { statusCode = 0 } = response;
          resolve({ status: statusCode, headers: response.headers, body: all, text: all.toString() });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Names in a folder, as they stand in its listing. */
  async names(path: string): Promise<string[]> {
    const { status, text } = await this.ask('PROPFIND', path, { Depth: '1' });
    if (status !== 207) throw new Error(`PROPFIND ${path}: ${status}`);
    const found = [...text.matchAll(/<D:displayname>([^<]*)</g)].map(([, name = '']) => name);
    return path === '/' ? found : found.slice(1);
  }
}
