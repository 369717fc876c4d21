/** A method with the code that answers it; what reaches that code has the shape the method promises (T1). */
import type { DeviceRole } from '../model/device-role.ts';
import type { DeviceId, PeerName, VaultId } from '../model/ids.ts';
import type { MetaMap } from './meta.ts';
import type { Method } from './methods.ts';

/** A device of a vault that proved itself, and what its certificate lets it do (L1). */
export interface Authorised {
  readonly vault: VaultId;
  readonly device: DeviceId;
  readonly role: DeviceRole;
}

/** What is known of the asking side of one stream. */
export interface Session {
  readonly remote: PeerName;
  /** Aborted when the stream is gone. */
  readonly signal: AbortSignal;
  /** Set by a successful hello. */
  authorised: Authorised | undefined;
}

export interface Answer<Meta extends MetaMap> {
  readonly meta: Meta;
  readonly payload?: Uint8Array;
}

export type Run = (payload: Uint8Array, session: Session) => Promise<Answer<MetaMap>>;

export interface Handler {
  readonly method: Method<MetaMap, MetaMap>;
  /** Checks the meta data (throws 'bad-frame', which ends the stream); what `Run` throws is answered as an error. */
  readonly prepare: (meta: MetaMap) => Run;
}

/** `payload` belongs to `run`. */
export function handler<Request extends MetaMap, Response extends MetaMap>(
  method: Method<Request, Response>,
  run: (request: Request, payload: Uint8Array, session: Session) => Promise<Answer<Response>>,
): Handler {
  return {
    method,
    prepare: (meta) => {
      const request = method.request.read(meta);
      return (payload, session) => run(request, payload, session);
    },
  };
}
