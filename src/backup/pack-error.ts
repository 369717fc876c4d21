/** Errors as threads tell them. */
import { type ErrorCode, VaultError } from '../model/errors.ts';

export interface PackedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
}

export function packError({ code, message, hint }: VaultError): PackedError {
  return { code, message, hint };
}

export function unpackError({ code, message, hint }: PackedError): VaultError {
  return new VaultError(code, message, hint === undefined ? {} : { hint });
}
