import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { COMMON_OPTIONS } from '../../cli/terminal/arguments.ts';
import type { CommandSpec, Program } from '../../cli/terminal/command.ts';
import { helpParts } from '../../cli/terminal/help-parts.ts';
import { commandPage, manPages, pageName } from '../../cli/terminal/man-page.ts';
import { runProgram } from '../../cli/terminal/program.ts';
import { roffExample, roffLine, roffWords } from '../../cli/terminal/roff.ts';
import { vaultProgram } from '../../cli/vault-program.ts';
import { peerProgram } from '../../peer/peer-program.ts';
import { fakeTerminal, NO_SIGNAL } from './fake-terminal.ts';
import { checkLines } from './json-schemas.ts';

const PROGRAMS: readonly Program[] = [vaultProgram, peerProgram];
const PAGES = PROGRAMS.flatMap((program) => manPages(program, '1.2.3'));

const folder = mkdtempSync(path.join(os.tmpdir(), 'man-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function has(tool: string): boolean {
  return spawnSync(tool, ['--version']).status === 0;
}
const groff = has('groff') && existsSync('/usr/share/groff');
const mandb = groff && has('man');

function sourceOf(name: string): string {
  const page = PAGES.find((each) => each.name === name);
  if (!page) throw new Error(`no page ${name}`);
  return page.text;
}

/** Lines as somebody sees them on a wide terminal, without bold and italics. */
function shown(text: string): string {
  const args = ['-man', '-Tutf8', '-P-cbou', '-rLL=200n', '-ww'];
  return execFileSync('groff', args, { input: text, encoding: 'utf8' });
}

function words(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

function sections(text: string): readonly string[] {
  return [...text.matchAll(/^\.SH "?([A-Z ]+?)"?$/gm)].map(([, name = '']) => name);
}

function command(details: string, more: Partial<CommandSpec> = {}): CommandSpec {
  const run = async (): Promise<number> => 0;
  return { name: 'try', summary: 's', usage: '', options: [], details, prepare: () => run, ...more };
}

describe('manual pages', () => {
  it('there is one for each program and each command, and package.json names them all', () => {
    const names = PROGRAMS.flatMap(({ name, commands }) => [
      name,
      ...commands.map((each) => pageName(name, each.name)),
    ]);
    expect(PAGES.map(({ name }) => name)).toEqual(names);
    expect(new Set(names).size).toBe(names.length);
    const { man } = JSON.parse(readFileSync('package.json', 'utf8')) as { man: string[] };
    expect(man, 'a new command adds its page to "man" in package.json').toEqual(
      names.map((name) => `dist/man/${name}.1`),
    );
  });

  it('each has the sections that people look for, in the usual order', () => {
    const order = ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'COMMANDS', 'OPTIONS', 'EXIT STATUS', 'ENVIRONMENT'];
    for (const { name, text } of PAGES) {
      const found = sections(text);
      const known = [...order, 'EXAMPLES', 'SEE ALSO'].filter((section) => found.includes(section));
      expect({ name, found }).toEqual({ name, found: known });
      const needed = PROGRAMS.some((program) => program.name === name)
        ? order
        : order.filter((section) => section !== 'COMMANDS');
      expect(found).toEqual(expect.arrayContaining([...needed, 'SEE ALSO']));
    }
  });

  it('each names every option of its command, and none that help does not show', () => {
    for (const program of PROGRAMS) {
      for (const each of program.commands) {
        const text = sourceOf(pageName(program.name, each.name));
        for (const { name, internal, value, about } of [...each.options, ...COMMON_OPTIONS]) {
          const term = `\\fB${roffWords(`--${name}`)}\\fR${value === undefined ? '' : ` \\fI${roffWords(value)}`}`;
          expect({ name, there: text.includes(`${term}`) && text.includes(roffLine(about)) }).toEqual({
            name,
            there: internal !== true,
          });
        }
      }
    }
  });

  it('lose no word of the help', () => {
    for (const program of PROGRAMS) {
      for (const each of program.commands) {
        const { description, examples, exitCodes, exitNotes } = helpParts(each);
        const kept = [
          ...description.map(({ text }) => text),
          ...exitCodes.map(({ code, meaning }) => `${code} ${meaning}`),
          ...exitNotes,
          ...examples.flat(),
        ].join(' ');
        const bag = (text: string): string[] =>
          words(text.replaceAll(/^Exit codes: /gm, ''))
            .split(' ')
            .map((word) => word.replace(/[;.]$/, ''))
            .filter(Boolean)
            .toSorted();
        expect({ name: each.name, words: bag(kept) }).toEqual({ name: each.name, words: bag(each.details) });
      }
    }
  });

  it('have exit codes and examples of their own sections', () => {
    const text = sourceOf('vault-backup');
    expect(text).toContain('\\fB21\\fR\nstored, but on fewer copies than asked');
    expect(text).toContain('When 3 and 21 both apply, 21 is returned.');
    expect(text.slice(text.indexOf('.SH EXAMPLES'))).toContain('vault backup \\(ti \\-\\-exclude\\-file');
    expect(sourceOf('vault-diff')).toContain('.nf\n.RS 4\n+  added');
    expect(sourceOf('vault-key-add')).toContain('VAULT_NEW_PASSWORD_COMMAND');
    expect(sourceOf('vault-forget')).toContain('\\fBvault\\-undelete\\fR(1)');
  });
});

describe('text in troff', () => {
  const hostile = [
    '.so /etc/passwd',
    "'br",
    '\\n(.x',
    '-1 --two',
    '"quoted" `tick` ^hat ~tilde',
    'é → 😀',
    '',
  ];

  it('begins no request and hides no escape', () => {
    expect(roffLine('.so x')).toBe('\\&.so x');
    expect(roffLine("'br")).toBe('\\(aqbr');
    expect(roffLine('')).toBe('\\&');
    expect(roffWords('a\\b - "c"')).toBe('a\\eb \\- \\(dqc\\(dq');
    expect(roffWords('é😀')).toBe('\\[u00E9]\\[u1F600]');
    expect(roffExample(['.x', ''])).toEqual(['.PP', '.nf', '.RS 4', '\\&.x', '\\&', '.RE', '.fi']);
  });

  it.skipIf(!groff)('comes out of groff as it went in (needs groff)', () => {
    const page = ['.TH X 1', '.SH NAME', 'x \\- y', ...roffExample(hostile)].join('\n');
    const lines = shown(`${page}\n`)
      .split('\n')
      .map((line) => line.trim());
    for (const line of hostile) expect(lines).toContain(line);
  });

  it.skipIf(!groff)('keeps hostile help readable: prose, options, usage (needs groff)', () => {
    const page = commandPage(
      vaultProgram,
      command("'tis . \\fBnot bold\\fR --really\n.TH evil\n\n  vault try '.x' \"$A\" \\\n  .sh", {
        usage: 'A.B [--x Y]',
        options: [{ name: 'x', value: 'Y"Z', about: '.ab gone' }],
      }),
      '0',
    );
    const out = words(shown(page.text));
    expect(out).toContain("'tis . \\fBnot bold\\fR --really .TH evil");
    expect(out).toContain('.x\' "$A" \\ .sh');
    expect(out).toContain('--x Y"Z .ab gone');
  });
});

describe('the tools that read manual pages', () => {
  it.skipIf(!groff)('groff has nothing to warn of (needs groff)', () => {
    for (const { name, text } of PAGES) {
      const { status, stderr } = spawnSync('groff', ['-man', '-ww', '-z'], { input: text, encoding: 'utf8' });
      expect({ name, status, stderr }).toEqual({ name, status: 0, stderr: '' });
    }
  });

  it.skipIf(!mandb)(
    'man has nothing to warn of either, and shows examples to be copied (needs man-db)',
    () => {
      for (const name of ['vault', 'vault-backup', 'vault-schedule-add', 'vault-peer-run']) {
        const file = path.join(folder, `${name}.1`);
        writeFileSync(file, sourceOf(name));
        const env = { ...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '160', MAN_KEEP_FORMATTING: '' };
        const { status, stdout, stderr } = spawnSync('man', ['--warnings', '-l', file], {
          env,
          encoding: 'utf8',
        });
        expect({ name, status, stderr }).toEqual({ name, status: 0, stderr: '' });
        if (name === 'vault-backup')
          expect(stdout).toContain("--exclude '*.tmp' --exclude-caches --tag daily");
      }
    },
  );
});

describe('the command', () => {
  const run = async (program: Program, ...line: string[]) => {
    const terminal = fakeTerminal();
    const code = await runProgram(program, line, terminal, NO_SIGNAL);
    return { code, out: terminal.out(), err: terminal.err() };
  };

  it('prints the page of the program or of a command', async () => {
    expect((await run(vaultProgram, 'man')).out).toContain('.TH "VAULT" 1');
    expect((await run(vaultProgram, 'man', 'key', 'add')).out).toContain('.TH "VAULT\\-KEY\\-ADD" 1');
    const [line] = checkLines('vault-peer-man', (await run(peerProgram, 'man', 'run', '--json')).out);
    expect(line).toMatchObject({ name: 'vault-peer-run', text: expect.stringContaining('.SH OPTIONS') });
  });

  it('writes all pages of both programs into one folder, again and again', async () => {
    const target = path.join(folder, 'man1');
    const { out } = await run(vaultProgram, 'man', '--output', target, '--json');
    expect(checkLines('vault-man', out)).toHaveLength(vaultProgram.commands.length + 1);
    for (const program of [vaultProgram, peerProgram]) {
      expect((await run(program, 'man', '--output', target)).code).toBe(0);
    }
    expect(readdirSync(target)).toHaveLength(PAGES.length);
    expect(readFileSync(path.join(target, 'vault-man.1'), 'utf8')).toContain('.SH NAME');
  });

  it('refuses what it does not know and where it cannot write', async () => {
    expect(await run(vaultProgram, 'man', 'bakup')).toMatchObject({
      code: 1,
      err: expect.stringContaining('Did you mean "vault man backup"?'),
    });
    expect((await run(vaultProgram, 'man', 'backup', '--output', folder)).err).toContain('too much');
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    expect((await run(vaultProgram, 'man', '--output', file)).err).toContain('cannot write manual pages');
  });
});

it('docs/cli.md names the same variables of the environment as the help', () => {
  const text = readFileSync('docs/cli.md', 'utf8');
  const section = text.slice(text.indexOf('\n## Environment\n'));
  const told = new Set([...section.matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name = '']) => name));
  const known = new Set(
    PROGRAMS.flatMap(({ environment = [] }) => environment.flatMap(({ names }) => names)),
  );
  expect([...told].toSorted()).toEqual([...known].toSorted());
});
