/** The one table from what went wrong to the exit code that scripts see and the next step that people read. */
import type { ErrorCode } from '../src/index.ts';

export interface Exit {
  readonly code: number;
  /** The next step when the error itself names none. */
  readonly hint?: string;
}

const FAILED = 1;
/** No error: the work is done, except for what the source did not let us read. */
export const DONE_BUT_UNREADABLE = 3;
/** No error either: "vault schedule check" found that an expected backup has not come. */
export const BACKUP_OVERDUE = 26;

/** Process exit codes; published, so a number keeps its meaning. */
export const EXIT_CODES: readonly { readonly code: number; readonly meaning: string }[] = [
  { code: 0, meaning: 'done' },
  { code: 1, meaning: 'failed' },
  { code: DONE_BUT_UNREADABLE, meaning: 'done, but some source files could not be read, or vanished' },
  { code: 10, meaning: 'no vault (or no peer) here' },
  { code: 12, meaning: 'wrong passphrase' },
  { code: 20, meaning: 'too few peers, nothing stored' },
  { code: 21, meaning: 'stored, but on fewer copies than asked' },
  { code: 22, meaning: 'no space, or a quota is reached' },
  { code: 23, meaning: 'data unavailable now: too few of its holders answer' },
  { code: 24, meaning: 'data lost or corrupt' },
  { code: 25, meaning: 'rollback or forgery alarm' },
  { code: BACKUP_OVERDUE, meaning: 'an expected backup has not come' },
  { code: 130, meaning: 'interrupted' },
];

export const EXITS: Readonly<Record<ErrorCode, Exit>> = {
  usage: { code: FAILED },
  'no-vault': { code: 10, hint: 'Make one with "vault init", or bring yours back with "vault recover".' },
  'no-peer': { code: 10, hint: 'Make one with "vault-peer init" or "vault-peer join TICKET".' },
  exists: { code: FAILED, hint: 'Choose another folder; nothing was changed.' },
  'wrong-passphrase': {
    code: 12,
    hint: 'Try again. If it is lost, "vault recover" needs only the 24 words.',
  },
  'wrong-words': { code: FAILED, hint: 'Compare with your recovery sheet, word by word.' },
  'wrong-shares': { code: FAILED, hint: 'Compare with the papers, row by row.' },
  'bad-invitation': { code: FAILED, hint: 'Copy the whole text that "vault device add" has written.' },
  'bad-ticket': { code: FAILED, hint: 'Copy the whole line that "vault-peer ticket" prints.' },
  'foreign-mesh': {
    code: FAILED,
    hint: 'Get a ticket of this mesh with "vault-peer ticket" on one of its peers.',
  },
  'too-few-peers': { code: 20, hint: 'See "vault peers"; start or invite peers, then run the backup again.' },
  'fewer-copies': { code: 21, hint: 'See "vault peers"; run the backup again when more peers are there.' },
  'no-space': { code: 22, hint: 'See "vault peers"; add a peer or raise a capacity.' },
  unavailable: { code: 23, hint: 'The data is not lost. Start its holders ("vault peers") and try again.' },
  timeout: { code: 23, hint: 'Try again; "vault peers" shows who answers.' },
  lost: { code: 24, hint: 'Try an earlier snapshot ("vault snapshots").' },
  corrupt: { code: 24, hint: 'Try again when more holders answer, or take an earlier snapshot.' },
  rollback: { code: 25, hint: 'A holder may hide data. Start more holders and compare before you go on.' },
  forgery: { code: 25, hint: "Somebody tampers with this vault's log. Do not go on before you know who." },
  'not-found': { code: FAILED },
  ambiguous: { code: FAILED, hint: 'Give more characters.' },
  'source-unreadable': { code: FAILED, hint: 'None of the named paths can be read; nothing was stored.' },
  'target-exists': {
    code: FAILED,
    hint: 'Choose an empty folder, or say what happens to files that are there with --overwrite.',
  },
  'target-unwritable': { code: FAILED, hint: 'Choose a folder that you may write to.' },
  locked: { code: FAILED, hint: 'Another process uses this folder; wait for it or stop it.' },
  denied: { code: FAILED },
  'bad-frame': { code: FAILED, hint: 'A peer speaks outside the protocol; see "vault peers -v".' },
  'unsupported-version': { code: FAILED, hint: 'Update this program.' },
  closed: { code: FAILED },
  interrupted: { code: 130, hint: 'Run the same command again.' },
  io: { code: FAILED, hint: 'Check the folder, its permissions and its disk; then try again.' },
  internal: { code: FAILED, hint: 'This is a bug; please report it with the output of -v.' },
};

/** What the process exits with for an error code. */
export function exitCodeOf(code: ErrorCode): number {
  return EXITS[code].code;
}
