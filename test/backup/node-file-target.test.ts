/** The folder that is restored into: nothing outside of it, no half file under a real name. */
import * as fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ExtendedAttributes } from '../../src/backup/native-xattrs.ts';
import { NodeFileTarget } from '../../src/backup/node-file-target.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { meta } from './hand-made-snapshot.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ATTRIBUTES = meta('', 0o600);

function openTarget(folder: string): NodeFileTarget {
  const target = new NodeFileTarget({ folder });
  target.prepare('always');
  target.makeDirectory(utf8(''));
  return target;
}

describe('a folder as a target', () => {
  it('writes only into folders that it has opened itself, whatever the path says', () => {
    const folder = temporaryFolder();
    const inside = path.join(folder, 'target');
    const target = openTarget(inside);
    fs.mkdirSync(path.join(inside, 'foreign'));
    target.makeDirectory(utf8('done'));
    target.finishDirectory(utf8('done'), ATTRIBUTES);
    target.makeLink(utf8('link'), utf8('..'), ATTRIBUTES);
    const bad = [
      '',
      '.',
      '..',
      '../x',
      'done/../../x',
      '/x',
      'a//b',
      'link/x',
      'foreign/x',
      'done/x',
      'a\0b',
      'none/x',
    ];
    for (const name of bad) {
      const where = utf8(name);
      expect(() => target.writeFile(where, utf8('evil'), ATTRIBUTES)).toThrow(/outside/);
      expect(() => target.openFile(where, 0, false)).toThrow(/outside/);
      expect(() => target.makeLink(where, utf8('x'), ATTRIBUTES)).toThrow(/outside/);
      expect(() => target.hardLink(where, utf8('link'))).toThrow(/outside/);
      if (name !== '') expect(() => target.makeDirectory(where)).toThrow(/outside/);
    }
    expect(fs.readdirSync(folder)).toEqual(['target']);
    expect(fs.readdirSync(inside).sort()).toEqual(['done', 'foreign', 'link']);
  });

  it('shows a file that arrives in parts only when it is finished', () => {
    const folder = temporaryFolder();
    const target = openTarget(folder);
    const [kept, dropped] = ['kept', 'dropped'].map((name) => target.openFile(utf8(name), 8, true));
    if (!kept || !dropped || kept === 'kept' || dropped === 'kept') throw new Error('nothing was there');
    kept.write(4, utf8('tail'));
    kept.write(0, utf8('head'));
    dropped.write(0, utf8('head'));
    expect(fs.readdirSync(folder).filter((name) => !name.startsWith('.vault-restore-'))).toEqual([]);
    kept.finish(ATTRIBUTES);
    dropped.discard();
    expect(fs.readdirSync(folder)).toEqual(['kept']);
    expect(fs.readFileSync(path.join(folder, 'kept'), 'utf8')).toBe('headtail');
  });

  it('replaces a file without touching the other names of the one it replaces', () => {
    const folder = temporaryFolder();
    fs.writeFileSync(path.join(folder, 'a'), 'old');
    fs.linkSync(path.join(folder, 'a'), path.join(folder, 'other'));
    openTarget(folder).writeFile(utf8('a'), utf8('new'), ATTRIBUTES);
    expect(fs.readFileSync(path.join(folder, 'a'), 'utf8')).toBe('new');
    expect(fs.readFileSync(path.join(folder, 'other'), 'utf8')).toBe('old');
  });

  it('leaves nothing behind when two names are one file already, or a folder is in the way', () => {
    const folder = temporaryFolder();
    const target = openTarget(folder);
    target.writeFile(utf8('a'), utf8('x'), ATTRIBUTES);
    target.hardLink(utf8('b'), utf8('a'));
    target.hardLink(utf8('b'), utf8('a'));
    target.makeDirectory(utf8('d'));
    const blocked = expect.objectContaining({ code: 'target-exists' }) as Error;
    expect(() => target.writeFile(utf8('d'), utf8('x'), ATTRIBUTES)).toThrow(blocked);
    expect(() => target.makeLink(utf8('d'), utf8('x'), ATTRIBUTES)).toThrow(blocked);
    expect(fs.readdirSync(folder).sort()).toEqual(['a', 'b', 'd']);
  });

  it('leaves owners alone unless it may set them', () => {
    const folder = temporaryFolder();
    const target = new NodeFileTarget({ folder, owners: false });
    target.prepare('fail');
    target.makeDirectory(utf8(''));
    target.writeFile(utf8('a'), utf8('x'), { ...ATTRIBUTES, uid: 4242, gid: 4242 });
    expect(fs.statSync(path.join(folder, 'a')).uid).toBe(process.getuid?.());
  });

  it('counts attributes that the system refuses, sets the others, and leaves those of other namespaces to root', () => {
    const folder = temporaryFolder();
    const written: string[] = [];
    const xattrs: ExtendedAttributes = {
      read: () => [],
      write: (_, { name }) => {
        if (Buffer.from(name).toString() === 'user.b') throw new Error('ENOTSUP: user.b');
        written.push(Buffer.from(name).toString());
      },
    };
    const target = new NodeFileTarget({ folder, owners: false, xattrs });
    target.prepare('fail');
    target.makeDirectory(utf8(''));
    const names = ['system.posix_acl_access', 'trusted.t', 'user.a', 'user.b'];
    const wanted = names.map((name) => ({ name: utf8(name), value: utf8('1') }));
    target.writeFile(utf8('a'), utf8('x'), { ...ATTRIBUTES, xattrs: wanted });
    expect(fs.readFileSync(path.join(folder, 'a'), 'utf8')).toBe('x');
    const root = process.platform === 'linux' ? [] : ['trusted.t'];
    expect(written).toEqual(['system.posix_acl_access', ...root, 'user.a']);
    expect(target.lostXattrs).toEqual({ count: 1, example: 'ENOTSUP: user.b' });
  });

  it('names a path that is too long for this system and leaves nothing of it', () => {
    const folder = temporaryFolder();
    const long = utf8('x'.repeat(300));
    const refused = expect.objectContaining({ code: 'io' }) as Error;
    expect(() => openTarget(folder).writeFile(long, utf8('x'), ATTRIBUTES)).toThrow(refused);
    expect(fs.readdirSync(folder)).toEqual([]);
  });
});
