/** The files for services and containers agree with the programs and with what their readers accept; what cannot be run here is not. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const folder = path.resolve('docs/packaging');
const text = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
const has = (program: string): boolean => spawnSync('which', [program]).status === 0;

describe('the packaging files', () => {
  it('are all named in docs/install.md', () => {
    const guide = readFileSync('docs/install.md', 'utf8');
    for (const name of readdirSync(folder)) expect(guide).toContain(`packaging/${name}`);
  });

  it.each(['vault-peer.service', 'vault-peer-user.service'])('%s gives a backup the time to stop', (name) => {
    expect(text(name)).toMatch(/^ExecStart=\S*\/vault-peer run$/m);
    // 20 s for the backup, 10 s for the command after it, and the peer itself.
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(text(name))?.[1])).toBeGreaterThan(40);
    expect(text(name)).toContain('UMask=0077');
  });

  it.skipIf(!has('systemd-analyze'))(
    'vault-peer.service is a unit that systemd reads without complaint',
    () => {
      const work = mkdtempSync(path.join(tmpdir(), 'unit-'));
      const unit = path.join(work, 'vault-peer.service');
      writeFileSync(unit, text('vault-peer.service').replace(/^ExecStart=\S+/m, 'ExecStart=/bin/true'));
      const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], {
        encoding: 'utf8',
      });
      rmSync(work, { recursive: true });
      expect([status, stdout + stderr]).toEqual([0, '']);
    },
  );

  it.skipIf(!has('python3'))('io.vault-mesh.peer.plist is a property list that runs the peer', () => {
    const script = 'import plistlib,sys,json; print(json.dumps(plistlib.load(open(sys.argv[1],"rb"))))';
    const file = path.join(folder, 'io.vault-mesh.peer.plist');
    const parsed = JSON.parse(execFileSync('python3', ['-c', script, file], { encoding: 'utf8' })) as unknown;
    expect(parsed).toMatchObject({ ProgramArguments: ['/usr/local/bin/vault-peer', 'run'], Umask: 0o077 });
  });

  it('the image runs the peer as no root, from the package that "npm pack" makes', () => {
    const file = text('Dockerfile');
    expect(file.indexOf('USER node')).toBeGreaterThan(file.indexOf('npm install'));
    expect(file).toMatch(/^ENTRYPOINT \["vault-peer"\]$/m);
    expect(JSON.parse(readFileSync('package.json', 'utf8'))).toMatchObject({ name: 'vault-mesh' });
  });
});
