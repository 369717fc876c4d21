/**
 * Watches folders with what the system has: one inotify watch a folder on Linux (node's own recursive watch looks at every file, on the
 * main thread), one for a whole tree where the system can do that. Decision 36 has the figures.
 */
import { type FSWatcher, watch } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FolderWatchOptions, WatchFolders } from './folder-watch.ts';

/** Systems whose own interface watches a whole tree. */
const WHOLE_TREES: readonly string[] = ['darwin', 'win32'];
/** A folder that cannot be read is the backup's to complain about; these mean that the system gives no more watches. */
const EXHAUSTED: readonly string[] = ['ENOSPC', 'EMFILE', 'ENFILE', 'ENOMEM'];

export const nodeFolderWatch: WatchFolders = (options) => {
  const watching = new TreeWatch(options, WHOLE_TREES.includes(process.platform));
  return { ready: watching.begin(), close: () => watching.close() };
};

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

class TreeWatch {
  readonly #options: FolderWatchOptions;
  readonly #whole: boolean;
  readonly #watchers = new Map<string, FSWatcher>();
  #closed = false;
  #troubled = false;

  constructor(options: FolderWatchOptions, whole: boolean) {
    this.#options = options;
    this.#whole = whole;
  }

  async begin(): Promise<void> {
    for (const path of this.#options.paths) await this.#add(path);
  }

  close(): void {
    this.#closed = true;
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  /** A path and, where it is a folder, what is below it; never through a symbolic link. */
  async #add(start: string): Promise<void> {
    const waiting = [start];
    for (let path = waiting.pop(); path !== undefined && !this.#closed; path = waiting.pop()) {
      const found = await lstat(path).catch(() => undefined);
      if (!found || this.#options.skips(path, found.isDirectory())) continue;
      if (path !== start && !found.isDirectory()) continue;
      // Watched before it is listed: what comes in between is seen by the one or the other.
      this.#watch(path, found.isDirectory());
      if (found.isDirectory() && !this.#whole) waiting.push(...(await foldersIn(path)));
    }
  }

  #watch(path: string, isFolder: boolean): void {
    if (this.#closed || this.#troubled) return;
    this.#watchers.get(path)?.close();
    try {
      const watcher = watch(path, { recursive: this.#whole && isFolder, persistent: false });
      this.#watchers.set(path, watcher);
      watcher.on('change', (kind, name) =>
        this.#changed(path, isFolder, kind, name === null ? undefined : String(name)),
      );
      watcher.on('error', (error) => this.#failed(path, error));
    } catch (error) {
      this.#failed(path, error);
    }
  }

  #failed(path: string, error: unknown): void {
    this.#watchers.get(path)?.close();
    this.#watchers.delete(path);
    if (this.#closed || this.#troubled || !EXHAUSTED.includes(codeOf(error))) return;
    this.#troubled = true;
    this.#options.onTrouble(error instanceof Error ? error.message : String(error));
  }

  #changed(folder: string, isFolder: boolean, kind: string, name: string | undefined): void {
    if (this.#closed) return;
    const { skips, onChange } = this.#options;
    const path = isFolder && name !== undefined ? join(folder, name) : folder;
    // What it is now cannot be told without asking; a pattern for folders only is honoured by the walk.
    if (skips(path, false)) return;
    onChange();
    if (kind === 'rename' && !this.#whole && isFolder && name !== undefined) void this.#appeared(path);
  }

  /** A name came or went. A new folder is watched with what it has by now; one that is gone is let go. */
  async #appeared(path: string): Promise<void> {
    const found = await lstat(path).catch(() => undefined);
    if (this.#closed) return;
    if (found?.isDirectory()) {
      await this.#add(path);
      if (!this.#closed) this.#options.onChange(); // what was put into it before it was watched
      return;
    }
    for (const [each, watcher] of this.#watchers) {
      if (each !== path && !each.startsWith(`${path}/`)) continue;
      watcher.close();
      this.#watchers.delete(each);
    }
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}
