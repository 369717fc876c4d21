/** Adding, replacing and removing passphrases of a home: pure steps from one vault.json to the next (C1). */
import { type BoxCost, type RandomBytes, wrap } from '../crypto/passphrase-box.ts';
import { VaultError } from '../model/errors.ts';
import { type BoxFacts, decodeHomeFile, encodeHomeFile, type HomeBox, type HomeFile } from './home-file.ts';
import { encodeSecrets, type HomeSecrets } from './home-secrets.ts';

/** A wrong passphrase is tried on all of them. */
const MAX_BOXES = 16;

export interface NewBox {
  readonly passphrase: string;
  readonly facts: BoxFacts;
  readonly cost: BoxCost;
}

/** The same secrets, once more. Throws 'usage' when there are as many as there may be. */
export function withBox(file: HomeFile, secrets: HomeSecrets, box: NewBox, random: RandomBytes): HomeFile {
  if (file.boxes.length >= MAX_BOXES) {
    throw new VaultError('usage', `a vault has at most ${MAX_BOXES} keys on one machine`, {
      hint: 'Remove one with "vault key remove".',
    });
  }
  const wrapped = wrap(box.passphrase, encodeSecrets(secrets), random, box.cost);
  return named({ ...file, boxes: [...file.boxes, { ...box.facts, id: '', box: wrapped }] });
}

/** The one that was opened gives its place to one with another passphrase. */
export function withOtherBox(
  file: HomeFile,
  openedId: string,
  secrets: HomeSecrets,
  box: NewBox,
  random: RandomBytes,
): HomeFile {
  const wrapped = wrap(box.passphrase, encodeSecrets(secrets), random, box.cost);
  const next: HomeBox = { ...box.facts, id: '', box: wrapped };
  return named({ ...file, boxes: file.boxes.map((each) => (each.id === openedId ? next : each)) });
}

/** Throws 'usage' for the one that was opened: so the last one stays. */
export function withoutBox(file: HomeFile, openedId: string, id: string): HomeFile {
  if (id !== openedId) return { ...file, boxes: file.boxes.filter((each) => each.id !== id) };
  if (file.boxes.length === 1) {
    throw new VaultError(
      'usage',
      'this is the only key of the vault on this machine; without it nothing opens',
      {
        hint: 'Add another with "vault key add" first, or change its passphrase with "vault key passwd".',
      },
    );
  }
  throw new VaultError('usage', 'the key that opened the vault just now cannot be removed', {
    hint: 'Run this again with the passphrase of another key.',
  });
}

/** Throws 'not-found', 'ambiguous'. `name` is an id, its beginning, or a label. */
export function findBox({ boxes }: HomeFile, name: string): HomeBox {
  const called = (fits: (box: HomeBox) => boolean): readonly HomeBox[] =>
    name === '' ? [] : boxes.filter(fits);
  const labelled = called(({ label }) => label === name);
  const found = labelled.length > 0 ? labelled : called(({ id }) => id.startsWith(name.toLowerCase()));
  const [only] = found;
  if (only && found.length === 1) return only;
  const hint = '"vault key list" shows them; give more of the id.';
  if (only) throw new VaultError('ambiguous', `${found.length} keys are called ${name}`, { hint });
  throw new VaultError('not-found', `no key is called ${name}`, { hint });
}

/** With the ids that a reader will see. */
function named(file: HomeFile): HomeFile {
  return decodeHomeFile(encodeHomeFile(file), '');
}
