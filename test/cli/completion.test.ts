import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { choicesOf, completionScript, type Shell } from '../../cli/terminal/completion.ts';
import { vaultProgram } from '../../cli/vault-program.ts';
import { peerProgram } from '../../peer/peer-program.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'completion-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function has(shell: string): boolean {
  return spawnSync(shell, ['--version']).status === 0;
}

function scriptFile(shell: Shell, program = vaultProgram): string {
  const file = path.join(folder, `${program.name}.${shell}`);
  writeFileSync(file, `${completionScript(program, shell)}\n`);
  return file;
}

/** What bash offers after these words; the last one is being typed. */
function offered(...words: string[]): string[] {
  const [first = ''] = words;
  const program = first === 'vault' ? vaultProgram : peerProgram;
  const typed = words.map((word) => `'${word}'`).join(' ');
  const ask = `source '${scriptFile('bash', program)}'; COMP_WORDS=(${typed}); COMP_CWORD=${words.length - 1}
    _${first.replace('-', '_')}; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', ask], { cwd: folder, encoding: 'utf8' }).split('\n').filter(Boolean);
}

describe('completion', () => {
  it('offers every command and every option that is no secret of ours', () => {
    for (const program of [vaultProgram, peerProgram]) {
      const choices = choicesOf(program);
      for (const { name, options } of program.commands) {
        const known = choices.get(name)?.map(({ word }) => word);
        for (const option of options) {
          expect(known?.includes(`--${option.name}`)).toBe(option.internal !== true);
        }
      }
    }
  });

  it.skipIf(!has('bash'))('in bash: commands, second words, options, files', () => {
    expect(offered('vault', 'ba')).toEqual(['backup']);
    expect(offered('vault', 'key', '')).toEqual(expect.arrayContaining(['list', 'add', 'split']));
    expect(offered('vault', 'help', 'rest')).toEqual(['restore']);
    expect(offered('vault', 'backup', '--exclude-f')).toEqual(['--exclude-file']);
    expect(offered('vault', '-q', 'key', 'split', '--thr')).toEqual(['--threshold']);
    writeFileSync(path.join(folder, 'some file'), '');
    expect(offered('vault', 'backup', 'some')).toEqual(['some file']);
    expect(offered('vault-peer', 'run', '--limit-u')).toEqual(['--limit-upload']);
  });

  it.skipIf(!has('zsh'))('in zsh the script can be read', () => {
    for (const program of [vaultProgram, peerProgram])
      execFileSync('zsh', ['-n', scriptFile('zsh', program)]);
  });

  it.skipIf(!has('fish'))('in fish the script can be read', () => {
    for (const program of [vaultProgram, peerProgram])
      execFileSync('fish', ['-n', scriptFile('fish', program)]);
  });
});
