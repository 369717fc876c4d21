/** Questions on the terminal: one line, with echo or (for passphrases) without. */
import { VaultError } from '../../src/index.ts';
import type { InputStream, Session } from './session.ts';

/** True when somebody sits there who can answer. */
export function canAsk(session: Session): boolean {
  return session.terminal.stdin.isTTY === true && session.terminal.stderr.isTTY === true;
}

type Key = 'done' | 'cancel' | 'erase' | 'clear' | 'ignore' | 'text';

function keyOf(character: string): Key {
  switch (character) {
    case '\r':
    case '\n':
      return 'done';
    case '\u0003':
    case '\u0004':
      return 'cancel';
    case '\u007f':
    case '\b':
      return 'erase';
    case '\u0015':
      return 'clear';
    default:
      return character < ' ' ? 'ignore' : 'text';
  }
}

/** Bytes of one read may hold several keys: pasted text does. What follows the end of the line stays for the next question. */
function applyKeys(text: string, typed: string): { typed: string; end?: 'done' | 'cancel'; rest: string } {
  const characters = Array.from(text);
  let now = typed;
  for (const [index, character] of characters.entries()) {
    const key = keyOf(character);
    if (key === 'done' || key === 'cancel') {
      return { typed: now, end: key, rest: characters.slice(index + 1).join('') };
    }
    if (key === 'erase') now = Array.from(now).slice(0, -1).join('');
    else if (key === 'clear') now = '';
    else if (key === 'text') now += character;
  }
  return { typed: now, rest: '' };
}

function readKeys(
  stdin: InputStream,
  signal: AbortSignal,
  begin: () => void,
  show: (typed: string) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed = '';
    const finish = (settle: () => void): void => {
      stdin.off('data', onData);
      signal.removeEventListener('abort', onAbort);
      stdin.setRawMode?.(false);
      stdin.pause();
      settle();
    };
    const onAbort = (): void => finish(() => reject(signal.reason));
    const onData = (data: Buffer | string): void => {
      const step = applyKeys(data.toString(), typed);
      typed = step.typed;
      show(typed);
      if (step.end === undefined) return;
      const cancelled = new VaultError('interrupted', 'interrupted at a question; nothing was done');
      finish(() => {
        if (step.rest !== '') stdin.unshift(Buffer.from(step.rest));
        if (step.end === 'done') resolve(typed);
        else reject(cancelled);
      });
    };
    signal.addEventListener('abort', onAbort, { once: true });
    stdin.setRawMode?.(true);
    begin();
    stdin.on('data', onData);
    stdin.resume();
  });
}

/** Asks on stderr. Without `echo` nothing that is typed is shown. Throws 'interrupted'. */
export async function ask(session: Session, question: string, options: { echo: boolean }): Promise<string> {
  const { stdin, stderr } = session.terminal;
  const show = (typed: string): void => {
    if (options.echo) stderr.write(`\r\u001b[K${question}${typed}`);
  };
  const answer = await readKeys(stdin, session.signal, () => stderr.write(question), show);
  stderr.write('\n');
  return answer;
}
