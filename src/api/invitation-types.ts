/** The words of inviting another machine to be a device of a vault (L1). */
import type { DeviceRole } from '../model/device-role.ts';
import type { CommonOptions } from './vault-types.ts';

export interface InviteOptions extends CommonOptions {
  /** What people will call the machine. */
  readonly name: string;
  readonly role: Exclude<DeviceRole, 'full'>;
  /** Seals the invitation; said again on the other machine. */
  readonly passphrase: string;
  /** An append-only device whose backups the new one goes on with: name, id, or beginning of an id. */
  readonly replaces?: string;
}

export interface InvitedDevice {
  /** Text form of its public key. */
  readonly id: string;
  readonly name: string;
  readonly role: DeviceRole;
  /** One copyable string. Secret together with its passphrase; for one machine only. */
  readonly invitation: string;
}
