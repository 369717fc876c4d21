/** `vault cat`: what a vault consists of, piece by piece, as JSON or bytes. */
import path from 'node:path';
import { type Cat, type CatOptions, type CatWish, VaultError } from '../../src/index.ts';
import { type Arguments, type CommandSpec, defineCommand } from '../terminal/command.ts';
import { LIMIT_OPTIONS } from '../terminal/limits.ts';
import { writeNewFile } from '../terminal/new-file.ts';
import type { Session } from '../terminal/session.ts';
import { SELECTION_OPTIONS, selectionOf } from './selection-options.ts';
import { withVault } from './vault-options.ts';

interface CatPlan extends Omit<CatOptions, 'signal'> {
  readonly wish: CatWish;
  /** Absolute. */
  readonly target?: string;
}

const WORDS: readonly CatWish['what'][] = ['config', 'snapshot', 'tree', 'index', 'chunk', 'log'];
const NEEDED = { snapshot: 'a snapshot', tree: 'a snapshot', index: 'a chunk', chunk: 'a chunk' } as const;

function parseCat(args: Arguments): CatPlan {
  const [word, name, extra] = args.positionals;
  const what = WORDS.find((known) => known === word);
  if (what === undefined) {
    throw new VaultError(
      'usage',
      word === undefined ? 'say what to show' : `"vault cat" knows no "${word}"`,
      {
        hint: `It shows: ${WORDS.join(', ')}.`,
      },
    );
  }
  const tooMuch = what === 'config' ? name : extra;
  if (tooMuch !== undefined)
    throw new VaultError('usage', `"${tooMuch}" is too much for "vault cat ${what}"`);
  const raw = args.has('raw');
  const target = args.value('target');
  if (what !== 'chunk' && (raw || target !== undefined))
    throw new VaultError('usage', '--raw and --target are for the bytes of a chunk');
  return {
    wish: wishOf(what, name, raw),
    ...(target === undefined ? {} : { target: path.resolve(target) }),
    ...selectionOf(args),
  };
}

function wishOf(what: CatWish['what'], name: string | undefined, raw: boolean): CatWish {
  if (what === 'config') return { what };
  if (what === 'log') return { what, ...(name === undefined ? {} : { device: name }) };
  if (name === undefined) {
    const example = what === 'snapshot' || what === 'tree' ? 'latest' : 'bafkrei...';
    throw new VaultError('usage', `name ${NEEDED[what]}`, {
      hint: `For example: vault cat ${what} ${example}`,
    });
  }
  if (what === 'snapshot') return { what, snapshot: name };
  if (what === 'index') return { what, chunk: name };
  if (what === 'chunk') return { what, chunk: name, raw };
  const colon = name.indexOf(':');
  if (colon < 0) return { what, snapshot: name };
  return { what, snapshot: name.slice(0, colon), path: name.slice(colon + 1) };
}

async function show(plan: CatPlan, session: Session, cat: Cat): Promise<void> {
  if ('bytes' in cat) return await give(plan, session, cat);
  for await (const object of cat.objects) {
    const { message_type: _, ...shown } = object;
    session.emit(object);
    session.print(JSON.stringify(shown, undefined, 2));
    await session.drained();
  }
}

async function give(
  { target }: CatPlan,
  session: Session,
  { bytes, kind }: Extract<Cat, { readonly bytes: Uint8Array }>,
): Promise<void> {
  if (target !== undefined) {
    const written = await writeNewFile(target, once(bytes));
    session.tell(`wrote ${target}`);
    session.emit({ message_type: 'summary', kind, target, bytes: written });
    return;
  }
  if (session.terminal.stdout.isTTY === true) {
    throw new VaultError('usage', 'these are bytes, which would garble this terminal', {
      hint: 'Say --target FILE, or give standard output to another program: vault cat chunk ... | xxd | less',
    });
  }
  session.terminal.stdout.write(bytes);
  await session.drained();
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

export const cat: CommandSpec = defineCommand<CatPlan>({
  name: 'cat',
  summary: 'show what the vault consists of, piece by piece',
  usage: 'config | snapshot ID | tree ID[:PATH] | index CHUNK | chunk CHUNK | log [DEVICE]',
  options: [
    { name: 'raw', about: 'of a chunk, the sealed bytes as holders keep them (default: opened)' },
    {
      name: 'target',
      short: 't',
      value: 'FILE',
      about: 'write a chunk to this file, which must not exist yet',
    },
    ...SELECTION_OPTIONS,
    ...LIMIT_OPTIONS,
  ],
  details: `
For the curious, and for mending. Nothing secret is shown but your own data: no key, no words. All but a chunk is JSON, pretty-printed, or with
--json one object a line.

  config          this vault and this device of it, and how content is cut; needs no peer
  snapshot ID     all that a snapshot says of itself
  tree ID[:PATH]  the entries of one folder, with the chunks that their content lies in
  index CHUNK     which contents lie in which chunks, as one run wrote it down
  chunk CHUNK     the bytes of a chunk: content, directory pages, an index, a list
  log [DEVICE]    the signed logs: what each device added, dropped and announced

  vault cat snapshot latest
  vault cat tree latest:/home/me
  vault cat log laptop --json | jq .announcement
  vault cat chunk bafkreif... --raw | sha256sum`,
  parse: parseCat,
  run: ({ target, ...plan }, session) =>
    withVault(session, async (vault) => {
      const found = await vault.cat({ ...plan, signal: session.signal });
      await show({ ...plan, ...(target === undefined ? {} : { target }) }, session, found);
      return 0;
    }),
});
