import { storeSettings, type Io } from '@z3/cli'
import { loadConfig, optionOf, type Flags, type Key, type LoadedConfig } from '@z3/config'
import { Z3Error } from '@z3/core'
import { checkStore } from '../doctor/check-store.js'
import type { Finding } from '../doctor/finding.js'
import type { AccessKey, KeyPlace } from './answers.js'

/** Secrets, for which there are no flags. */
const SECRETS: readonly Key[] = ['S3_KEY_ID', 'S3_SECRET', 'S3_SESSION_TOKEN']

/**
 * The configuration that only these flags and keys make: no file, and of the environment only the
 * keys, if they are kept there.
 *
 * @throws Z3Error `usage` for a bad flag; `config`
 */
export function trialConfig(
  flags: Flags,
  env: NodeJS.ProcessEnv,
  place: KeyPlace | undefined,
  key?: AccessKey,
): Promise<LoadedConfig> {
  const names = SECRETS.flatMap((secret) => optionOf(secret).env)
  const kept =
    place === 'environment'
      ? Object.fromEntries(names.map((name) => [name, env[name]]))
      : key === undefined
        ? {}
        : { S3_KEY_ID: key.id, S3_SECRET: key.secret }
  return loadConfig({ flags, env: kept, configFile: '/dev/null' })
}

/**
 * Store, read and delete a scratch object, and inspect the bucket.
 *
 * @throws Z3Error `config`
 */
export async function tryStore(config: LoadedConfig, io: Io): Promise<readonly Finding[]> {
  return checkStore(config, storeSettings(config), true, io)
}

/**
 * Read an access key from the environment or a file.
 *
 * @param file a configuration file with S3_KEY_ID and S3_SECRET
 * @returns undefined: there is none in the environment
 * @throws Z3Error `config` if the file has none; `usage` if the key is temporary
 */
export async function readKey(
  file: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<AccessKey | undefined> {
  const { settings } =
    file === undefined
      ? await trialConfig({}, env, 'environment')
      : await loadConfig({ flags: {}, env: {}, configFile: file })
  const { S3_KEY_ID: id, S3_SECRET: secret, S3_SESSION_TOKEN: token } = settings
  if (token !== undefined) {
    throw new Z3Error('usage', 'the keys are temporary (S3_SESSION_TOKEN): in a file they expire', {
      hint: 'Use --credentials profile or environment.',
    })
  }
  if (id !== undefined && secret !== undefined) return { id, secret }
  if (file === undefined) return undefined
  throw new Z3Error('config', `${file} does not set S3_KEY_ID and S3_SECRET`, {
    hint: 'Write both into its section [main].',
  })
}
