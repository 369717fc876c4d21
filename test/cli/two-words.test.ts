/** Commands named by two words, on a program made up for it. */
import { describe, expect, it } from 'vitest';
import { type CommandSpec, defineCommand, type Program } from '../../cli/terminal/command.ts';
import { runProgram } from '../../cli/terminal/program.ts';
import { fakeTerminal, NO_SIGNAL } from './fake-terminal.ts';

function command(name: string): CommandSpec {
  return defineCommand({
    name,
    summary: `does ${name}`,
    usage: '',
    options: [{ name: 'as', short: 'a', value: 'NAME', mayBeEmpty: true, about: 'under this name' }],
    details: '',
    parse: (args) => ({ what: args.positionals, as: args.value('as') }),
    run: async ({ what, as }, session) => {
      session.print([name, ...what, ...(as === undefined ? [] : [`as "${as}"`])].join(' '));
      return 0;
    },
  });
}

const program: Program = {
  name: 'p',
  about: 'a program',
  commands: [command('list'), command('device list'), command('device retire')],
  notes: [],
};

async function run(...words: string[]) {
  const terminal = fakeTerminal();
  const code = await runProgram(program, words, terminal, NO_SIGNAL);
  return { code, out: terminal.out(), err: terminal.err() };
}

describe('a command of two words', () => {
  it.each([
    [['device', 'list'], 'device list\n'],
    [['list', 'device'], 'list device\n'],
    [['device', 'retire', 'x'], 'device retire x\n'],
    [['device', '--as', 'list', 'retire', 'x'], 'device retire x as "list"\n'],
    [['device', '-a', 'list', 'retire', '-q'], 'device retire as "list"\n'],
    [['list', '--as', ''], 'list as ""\n'],
  ])('is found wherever options stand: %j', async (words, out) => {
    expect(await run(...words)).toEqual({ code: 0, out, err: '' });
  });

  it.each([
    [['device'], '"p device" needs a second word', '"p device list", "p device retire"'],
    [['device', 'lsit'], 'unknown command "device lsit"', 'Did you mean "p device list"?'],
    [['device', 'xyzzy'], 'unknown command "device xyzzy"', '"p help" lists the commands.'],
  ])('is refused with the next step when half of it is wrong: %j', async (words, reason, hint) => {
    const { code, err } = await run(...words);
    expect(code).toBe(1);
    expect(err).toContain(reason);
    expect(err).toContain(hint);
  });

  it('has its help by both words, and the first word has that of all', async () => {
    const one = await run('help', 'device', 'list');
    expect(one.out).toContain('Usage: p device list');
    expect((await run('device', 'list', '--help')).out).toBe(one.out);
    const all = await run('help', 'device');
    expect(all.out).toContain('Usage: p device list');
    expect(all.out).toContain('Usage: p device retire');
    expect((await run('device', '--help')).out).toBe(all.out);
  });
});
