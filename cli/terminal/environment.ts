/** The variables that both programs read from their environment, and what each is for: the one list, for help, man pages and the test of docs/cli.md. */
export interface EnvironmentVariables {
  readonly names: readonly string[];
  readonly meaning: string;
  readonly programs: readonly string[];
}

const VAULT = ['vault'];
const BOTH = ['vault', 'vault-peer'];

/** Three ways to say a passphrase; the first that is set counts. */
function passphrase(prefix: string, meaning: string): EnvironmentVariables {
  return { names: [prefix, `${prefix}_FILE`, `${prefix}_COMMAND`], meaning, programs: VAULT };
}

const VARIABLES: readonly EnvironmentVariables[] = [
  { names: ['VAULT_HOME'], meaning: 'folder of the vault', programs: VAULT },
  passphrase(
    'VAULT_PASSWORD',
    'where the passphrase comes from: itself, a file, a command that prints it; the first that is set',
  ),
  passphrase(
    'VAULT_NEW_PASSWORD',
    'the same for the new passphrase of "vault key add" and "vault key passwd"',
  ),
  passphrase('VAULT_FROM_PASSWORD', 'the same for the vault that "vault copy" reads'),
  passphrase(
    'VAULT_INVITATION_PASSWORD',
    'the same for an invitation, in "vault device add" and "vault recover --invitation"',
  ),
  { names: ['VAULT_PEER_HOME'], meaning: 'folder of the peer', programs: BOTH },
  {
    names: [
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_SESSION_TOKEN',
      'AWS_SHARED_CREDENTIALS_FILE',
      'AWS_PROFILE',
      'AWS_REGION',
    ],
    meaning: 'key of a bucket (s3:), the file and profile that it comes from, and its region',
    programs: BOTH,
  },
  {
    names: ['VAULT_MACHINE_ID'],
    meaning: 'stands for the id of this machine, for tests with several peers on one machine',
    programs: BOTH,
  },
  { names: ['NO_COLOR'], meaning: 'no colours', programs: BOTH },
];

export function environmentOf(program: string): readonly EnvironmentVariables[] {
  return VARIABLES.filter(({ programs }) => programs.includes(program));
}
