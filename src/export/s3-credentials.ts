/** The key of a bucket, from the environment or the usual credentials file; never from an argument (X6). */
import { VaultError } from '../model/errors.ts';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly region: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_REGION = 'us-east-1';

/**
 * AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (AWS_SESSION_TOKEN), else the profile AWS_PROFILE of AWS_SHARED_CREDENTIALS_FILE or
 * ~/.aws/credentials. `readText` gives a file's text, `undefined` when there is none. Throws 'denied' when there are none.
 */
export async function s3Credentials(
  env: Environment,
  readText: (path: string) => Promise<string | undefined>,
): Promise<S3Credentials> {
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? DEFAULT_REGION;
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (accessKeyId && secretAccessKey) {
    const token = env.AWS_SESSION_TOKEN;
    return { accessKeyId, secretAccessKey, region, ...(token ? { sessionToken: token } : {}) };
  }
  const file = env.AWS_SHARED_CREDENTIALS_FILE ?? (env.HOME ? `${env.HOME}/.aws/credentials` : undefined);
  const text = file === undefined ? undefined : await readText(file);
  const found = text === undefined ? undefined : profileIn(text, env.AWS_PROFILE ?? 'default');
  if (found) return { region, ...found };
  throw new VaultError('denied', 'there are no credentials for the bucket', {
    hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_SHARED_CREDENTIALS_FILE.',
  });
}

/** One section of the file that the AWS tools read: "[name]", then "key = value" lines. */
function profileIn(text: string, profile: string): Omit<S3Credentials, 'region'> | S3Credentials | undefined {
  const values = new Map<string, string>();
  let inside = false;
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[(.+)\]\s*$/.exec(line)?.[1];
    if (section !== undefined) inside = section.trim() === profile;
    const [, key, value] = /^\s*([a-z_]+)\s*=\s*(\S.*?)\s*$/.exec(line) ?? [];
    if (inside && key !== undefined && value !== undefined) values.set(key, value);
  }
  const accessKeyId = values.get('aws_access_key_id');
  const secretAccessKey = values.get('aws_secret_access_key');
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  const [sessionToken, region] = [values.get('aws_session_token'), values.get('region')];
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(region === undefined ? {} : { region }),
  };
}
