/** Invitations: a device made by a full one for another machine, sealed by a passphrase, and what comes out of it there (L1). */
import { verify } from '../crypto/ed25519.ts';
import { type BoxCost, type RandomBytes, unwrap, wrap } from '../crypto/passphrase-box.ts';
import {
  contentKeysOf,
  type LogKeys,
  type OwnerKeys,
  scopeSecret,
  type VaultKeys,
} from '../crypto/vault-keys.ts';
import { decodeCertificate, roleOf } from '../format/certificate.ts';
import { decodeInvitation, encodeInvitation, invitationText, parseInvitation } from '../format/invitation.ts';
import { bytesEqual } from '../model/bytes.ts';
import { isVaultError, VaultError } from '../model/errors.ts';
import { deviceOf, type VaultDevice } from './device.ts';

export interface InvitationParts {
  readonly keys: OwnerKeys;
  /** Made by `createDevice` with a restriction. */
  readonly device: VaultDevice;
  readonly ticket: string;
  readonly copies: number;
  readonly passphrase: string;
  readonly cost: BoxCost;
}

export interface OpenedInvitation {
  readonly keys: VaultKeys | LogKeys;
  readonly device: VaultDevice;
  readonly ticket: string;
  readonly copies: number;
}

export function sealInvitation(parts: InvitationParts, random: RandomBytes): string {
  const { keys, device, ticket, copies, passphrase, cost } = parts;
  const { scope } = decodeCertificate(device.certificate, verify);
  const plain = encodeInvitation({
    seed: device.seed,
    certificate: device.certificate,
    ...(scope === undefined ? {} : { contentKeys: scopeSecret(keys, scope) }),
    ticket,
    copies,
  });
  const { salt, nonce, sealed, ...head } = wrap(passphrase, plain, random, cost);
  const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
  return invitationText({ ...head, salt: bytesOf(salt), nonce: bytesOf(nonce), sealed: bytesOf(sealed) });
}

/** Throws 'bad-invitation', 'unsupported-version', 'wrong-passphrase'. */
export function openInvitation(text: string, passphrase: string): OpenedInvitation {
  try {
    return opened(text, passphrase);
  } catch (cause) {
    if (isVaultError(cause, 'wrong-passphrase')) {
      throw new VaultError('wrong-passphrase', 'this passphrase does not open the invitation', {
        hint: 'It is the one that was said when the invitation was made, not the one of this machine.',
        cause,
      });
    }
    if (!isVaultError(cause, 'corrupt', 'forgery')) throw cause;
    throw new VaultError('bad-invitation', `this is no usable invitation: ${cause.message}`, { cause });
  }
}

function opened(text: string, passphrase: string): OpenedInvitation {
  const { salt, nonce, sealed, ...cost } = parseInvitation(text);
  const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const fields = { salt: textOf(salt), nonce: textOf(nonce), sealed: textOf(sealed) };
  const plain = unwrap(passphrase, { version: 1, kdf: 'argon2id', ...cost, ...fields });
  const { seed, certificate, contentKeys, ticket, copies } = decodeInvitation(plain);
  const said = decodeCertificate(certificate, verify);
  const device = deviceOf(seed, said.name, certificate, roleOf(said));
  const fits =
    said.role !== undefined &&
    bytesEqual(device.id, said.device) &&
    (said.role === 'append-only') === (contentKeys !== undefined);
  if (!fits) throw new VaultError('corrupt', 'its parts do not belong together');
  const keys = contentKeys === undefined ? {} : contentKeysOf(contentKeys, said.scope);
  return { keys: { vault: said.vault, ...keys }, device, ticket, copies };
}
