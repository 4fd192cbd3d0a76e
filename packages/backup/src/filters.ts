import { missingSetting, type LoadedConfig } from '@z3/config'
import {
  ENCRYPTORS,
  FOREIGN_DECOMPRESSORS,
  Z3Error,
  type Codec,
  type Command,
  type Content,
  type StoredSnapshot,
} from '@z3/core'

/** What a stream passes through between zfs and the store. */
export interface Filters {
  readonly commands: readonly Command[]
  /** As the metadata names it; undefined: none. */
  readonly compressor: string | undefined
  readonly encryptor: string | undefined
}

const GPG_ENCRYPT = ['--batch', '-q', '-e', '-r']
const GPG_DECRYPT: Command = { file: 'gpg', args: ['-q', '-d'] }

/**
 * The filters on the way up: the compressor, then the encryptor.
 *
 * @throws Z3Error `config`
 */
export function outgoingFilters(config: LoadedConfig): Filters {
  const { COMPRESSOR: compressor, ENCRYPTOR: encryptor } = config.settings
  if (compressor === 'gpg' && encryptor !== 'none') {
    throw new Z3Error(
      'config',
      `the compressor gpg encrypts, and cannot be combined with the encryptor ${encryptor}`,
      { hint: 'Choose another compressor.' },
    )
  }
  const gpg: Command = {
    file: 'gpg',
    args: [...GPG_ENCRYPT, config.settings.GPG_RECIPIENT],
  }
  const commands: Command[] = []
  if (compressor === 'gpg') commands.push(gpg)
  else if (compressor !== 'none') {
    commands.push(codec(config, compressor).compress)
  }
  if (encryptor === 'gpg') commands.push(gpg)
  else if (encryptor === 'age') commands.push(ageEncrypt(config))
  return {
    commands,
    compressor: compressor === 'none' ? undefined : compressor,
    encryptor: encryptor === 'none' ? undefined : encryptor,
  }
}

/**
 * The filters on the way down, as an object's metadata name them.
 *
 * @throws Z3Error `unknown-compressor`, `config`
 */
export function incomingFilters(object: StoredSnapshot, config: LoadedConfig): readonly Command[] {
  const commands: Command[] = []
  const { compressor, encryptor } = object
  if (encryptor === 'gpg') commands.push(GPG_DECRYPT)
  else if (encryptor === 'age') commands.push(ageDecrypt(config))
  else if (encryptor !== undefined) {
    throw new Z3Error(
      'unknown-compressor',
      `object '${object.key}' is encrypted with the unknown encryptor '${encryptor}'`,
      { hint: `Supported: ${ENCRYPTORS.join(', ')}.` },
    )
  }
  if (compressor === 'gpg') commands.push(GPG_DECRYPT)
  else if (compressor !== undefined) {
    const known = decompressor(compressor, config)
    if (known === undefined) {
      throw new Z3Error(
        'unknown-compressor',
        `object '${object.key}' is compressed with the unknown compressor '${compressor}'`,
        {
          hint: `Define it in a section [compressor:${compressor}] of the configuration file.`,
        },
      )
    }
    commands.push(known)
  }
  return commands
}

/**
 * An object that passed through a program which is not known here cannot be
 * restored here: its `problem` says so.
 */
export function markUnreadable(object: StoredSnapshot, config: LoadedConfig): StoredSnapshot {
  const { compressor, encryptor } = object
  const known =
    compressor === undefined ||
    compressor === 'gpg' ||
    decompressor(compressor, config) !== undefined
  const problem = !known
    ? `unknown compressor '${compressor}'`
    : encryptor !== undefined && !ENCRYPTORS.some((one) => one === encryptor)
      ? `unknown encryptor '${encryptor}'`
      : undefined
  return problem === undefined || object.problem !== undefined ? object : { ...object, problem }
}

/**
 * The filter that undoes what the bytes of an object are.
 *
 * @throws Z3Error `config`
 */
export function filterFor(content: Exclude<Content, 'zfs'>, config: LoadedConfig): Command {
  if (content === 'gpg') return GPG_DECRYPT
  if (content === 'age') return ageDecrypt(config)
  const known = decompressor(content, config)
  if (!known) throw new Error(`no decompressor for ${content}`)
  return known
}

function decompressor(name: string, { compressors }: LoadedConfig): Command | undefined {
  return compressors.get(name)?.decompress ?? FOREIGN_DECOMPRESSORS.get(name)
}

function codec({ compressors }: LoadedConfig, name: string): Codec {
  const known = compressors.get(name)
  // the configuration was checked against the same list
  if (!known) throw new Error(`no compressor ${name}`)
  return known
}

function ageEncrypt(config: LoadedConfig): Command {
  const { AGE_RECIPIENTS: recipients, AGE_RECIPIENTS_FILE: file } = config.settings
  const args = [
    ...(recipients ?? []).flatMap((recipient) => ['-r', recipient]),
    ...(file === undefined ? [] : ['-R', file]),
  ]
  if (args.length === 0) throw missingSetting('AGE_RECIPIENTS', config)
  return { file: 'age', args: ['-e', ...args] }
}

function ageDecrypt(config: LoadedConfig): Command {
  const { AGE_IDENTITY: identity } = config.settings
  if (identity === undefined) throw missingSetting('AGE_IDENTITY', config)
  return { file: 'age', args: ['-d', '-i', identity] }
}
