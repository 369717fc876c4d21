/** A tree of everything that a file system can hold and a backup has to bring back; what it holds depends on who makes it. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { nativeNodes } from '../../src/backup/native-nodes.ts';
import { nativeTimes } from '../../src/backup/native-times.ts';
import { nativeXattrs } from '../../src/backup/native-xattrs.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { GiB, KiB, MiB } from '../../src/model/units.ts';
import { SeededRandom } from '../../src/runtime/seeded-random.ts';

export const SPARSE_BYTES: number = 4 * GiB;
export const HARD_LINKS = 10_000;
/** Where files begin to be cut, pieces end on average and at most, and holes begin to be worth one. */
const LIMITS: readonly number[] = [1, 512, 4 * KiB, 64 * KiB, 256 * KiB, MiB, 4 * MiB];
const DEPTH = 40;

const random = new SeededRandom('torture');

/** acl(5) as the kernel keeps it: version 2, then tag, permissions, id of each entry. */
function acl(...entries: readonly (readonly [tag: number, permissions: number, id?: number])[]): Uint8Array {
  const bytes = Buffer.alloc(4 + entries.length * 8);
  bytes.writeUInt32LE(2, 0);
  for (const [i, [tag, permissions, id = 0xffff_ffff]] of entries.entries()) {
    bytes.writeUInt16LE(tag, 4 + i * 8);
    bytes.writeUInt16LE(permissions, 6 + i * 8);
    bytes.writeUInt32LE(id, 8 + i * 8);
  }
  return new Uint8Array(bytes);
}

/** For owner, user 1, group, mask and others. */
const ACL = acl([1, 7], [2, 4, 1], [4, 5], [16, 5], [32, 0]);
/** cap_net_raw+ep, as `setcap` writes it. */
const CAPABILITY = Buffer.from('0100000200200000000000000000000000000000', 'hex');

export class TortureTree {
  readonly folder: string;
  readonly #root: boolean;
  #server: Server | undefined;

  constructor(folder: string, root: boolean) {
    this.folder = folder;
    this.#root = root;
  }

  async make(): Promise<this> {
    fs.mkdirSync(this.folder);
    this.#names();
    this.#sizes();
    this.#depth();
    this.#links();
    this.#modes();
    this.#attributes();
    this.#specials();
    this.#sparse();
    if (this.#root) this.#owners();
    this.#server = createServer().listen(this.at('socket'));
    await once(this.#server, 'listening');
    this.#times();
    return this;
  }

  close(): void {
    this.#server?.close();
  }

  at(...names: string[]): string {
    return path.join(this.folder, ...names);
  }

  #folder(name: string): string {
    fs.mkdirSync(this.at(name));
    return this.at(name);
  }

  #names(): void {
    const folder = Buffer.from(`${this.#folder('names')}/`);
    const names = [
      Buffer.alloc(255, 'n'),
      Buffer.alloc(255, 0xff),
      Buffer.from([0xc3, 0x28, 0xfe]),
      Buffer.from('line\nbreak\ttab\u0007'),
      Buffer.from(' -rf "quoted" \\x41 *?[a] '),
      Buffer.from('e\u0301'),
      Buffer.from('\u00e9'),
    ];
    for (const name of names) fs.writeFileSync(Buffer.concat([folder, name]), name);
    fs.mkdirSync(Buffer.concat([folder, Buffer.alloc(255, 0xfe)]));
    const many = this.#folder('many');
    for (let i = 0; i < 3000; i++) fs.writeFileSync(path.join(many, `entry ${i}`), i % 7 === 0 ? '' : `${i}`);
  }

  #sizes(): void {
    const folder = this.#folder('sizes');
    fs.writeFileSync(path.join(folder, '0'), '');
    for (const limit of LIMITS) {
      for (const size of [limit - 1, limit, limit + 1]) {
        if (size > 0) fs.writeFileSync(path.join(folder, `${size}`), random.bytes(size));
      }
    }
    fs.writeFileSync(path.join(folder, 'zeros'), new Uint8Array(9 * MiB));
  }

  #depth(): void {
    let folder = this.#folder('deep');
    for (let level = 1; level <= DEPTH; level++) {
      folder = path.join(folder, `${level} `.padEnd(60, 'd'));
      fs.mkdirSync(folder);
      fs.writeFileSync(path.join(folder, 'file'), `level ${level}`);
    }
    this.#folder('empty');
  }

  #links(): void {
    const folder = this.#folder('links');
    const targets = ['../sizes/0', '/nowhere', 'self', 'x'.repeat(2000), Buffer.from([0xff, 0x2f, 0xfe])];
    for (const [i, target] of targets.entries()) fs.symlinkSync(target, path.join(folder, `${i}`));
    fs.symlinkSync('self', path.join(folder, 'self'));
    const names = this.#folder('hard-links');
    const first = path.join(names, '0');
    fs.writeFileSync(first, random.bytes(1000));
    for (let i = 1; i < HARD_LINKS; i++) fs.linkSync(first, path.join(names, `${i}`));
    fs.linkSync(this.at('sizes', `${4 * MiB}`), path.join(names, 'large'));
  }

  #modes(): void {
    const folder = this.#folder('modes');
    const modes = [0o400, 0o4755, 0o2755, 0o7777, 0o604, ...(this.#root ? [0, 0o111] : [])];
    for (const mode of modes) {
      const name = path.join(folder, mode.toString(8));
      fs.writeFileSync(name, name);
      fs.chmodSync(name, mode);
    }
    const folders = [0o1777, 0o2750, 0o555, ...(this.#root ? [0, 0o111] : [])];
    for (const mode of folders) {
      const name = path.join(folder, `folder ${mode.toString(8)}`);
      fs.mkdirSync(name);
      fs.writeFileSync(path.join(name, 'inside'), name, { mode: mode === 0 ? 0o600 : 0o644 });
      fs.chmodSync(name, mode);
    }
  }

  #attributes(): void {
    const folder = this.#folder('attributes');
    const file = path.join(folder, 'file');
    fs.writeFileSync(file, 'x', { mode: 0o750 });
    fs.mkdirSync(path.join(folder, 'inherits'));
    const set = (at: string, name: string, value: Uint8Array): void =>
      nativeXattrs()?.write(utf8(at), { name: utf8(name), value });
    set(file, 'user.empty', new Uint8Array());
    set(file, 'user.raw', random.bytes(2000));
    set(folder, 'user.folder', utf8('value'));
    set(file, 'system.posix_acl_access', ACL);
    set(path.join(folder, 'inherits'), 'system.posix_acl_default', ACL);
    fs.writeFileSync(path.join(folder, 'inherits', 'inside'), 'has the default ACL of its folder');
    if (!this.#root) return;
    set(file, 'trusted.overlay.opaque', utf8('y'));
    fs.symlinkSync('file', path.join(folder, 'link'));
    set(path.join(folder, 'link'), 'trusted.link', utf8('its own'));
    fs.writeFileSync(path.join(folder, 'capable'), 'x', { mode: 0o755 });
    set(path.join(folder, 'capable'), 'security.capability', CAPABILITY);
  }

  #specials(): void {
    const folder = this.#folder('specials');
    execFileSync('mkfifo', ['-m', '0620', path.join(folder, 'pipe')]);
    if (!this.#root) return;
    const make = nativeNodes();
    make(utf8(path.join(folder, 'null')), { type: 'char-device', number: { major: 1, minor: 3 } });
    make(utf8(path.join(folder, 'disk')), { type: 'block-device', number: { major: 259, minor: 70_000 } });
    fs.chmodSync(path.join(folder, 'null'), 0o666);
  }

  /** Old, so that its holes are believed (decision 52). */
  #sparse(): void {
    const file = this.at('sparse');
    fs.writeFileSync(file, 'start');
    fs.truncateSync(file, SPARSE_BYTES);
    const fd = fs.openSync(file, 'r+');
    fs.writeSync(fd, 'middle', 2 * GiB + 77);
    fs.closeSync(fd);
  }

  #owners(): void {
    for (const [i, name] of ['sizes/1', 'specials/pipe', 'specials/disk', 'links/self', 'empty'].entries()) {
      fs.lchownSync(this.at(name), 123_456 + i, 654_321 + i);
    }
    fs.chownSync(this.at('sizes/512'), 1, 2); // daemon and bin, on most systems
  }

  /** Last, as making entries changes those of folders. */
  #times(): void {
    const set = (name: string, seconds: number, nanoseconds: number): void =>
      nativeTimes().setTimes(utf8(this.at(name)), { seconds, nanoseconds });
    set('sizes/1', -1, 1);
    set('sizes/512', -(2 ** 31), 0);
    set(`sizes/${MiB}`, 2 ** 31, 999_999_999);
    set('links/self', 2 ** 32 + 5, 123_456_789);
    set('specials/pipe', -2, 500_000_000);
    set('sparse', 1_000_000_000, 7);
    set('deep', 2 ** 33, 3);
    set('sizes', 0, 0);
  }
}
