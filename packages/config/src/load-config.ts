import { COMPRESSORS, Z3Error, type Codec } from '@z3/core'
import type { UserCodec } from './check-document.js'
import { environmentLayer, flagLayer, throwFlagProblems, type Flags } from './inputs.js'
import { describeSource, resolveLayers, type Layer, type Resolved } from './layers.js'
import { OPTIONS, optionOf, type Key } from './options.js'
import { throwProblems, type Problem } from './problem.js'
import { findConfigFile, type ConfigFile } from './read-config-file.js'
import { compressorProblem } from './values/value-types.js'

/** The sources of the settings. */
export interface ConfigInput {
  readonly flags: Flags
  readonly env: NodeJS.ProcessEnv
  /** The value of `--config`. */
  readonly configFile?: string | undefined
  /** The dataset whose sections `[fs:…]` apply. Unset: none apply. */
  readonly dataset?: string | undefined
  /** Replaces the usual places, for tests. */
  readonly searchPlaces?: readonly string[] | undefined
}

/** The settings of a run, or of one dataset in it. */
export interface LoadedConfig extends Resolved {
  /** The file that was read, absolute. */
  readonly file: string | undefined
  /**
   * The compressors by name: built-in ones and those of the file. `none` and `gpg` of presslabs' z3
   * are not in it.
   */
  readonly compressors: ReadonlyMap<string, Codec | UserCodec>
  /** The datasets that have a section `[fs:…]`. */
  readonly datasets: readonly string[]
  /** For the caller to print: one line each, lower case, no full stop. */
  readonly warnings: readonly string[]
  /** The same for another dataset, without reading anything again. */
  readonly forDataset: (dataset: string | undefined) => LoadedConfig
}

const NO_FILE: ConfigFile = {
  file: '',
  othersMayRead: false,
  sections: new Map(),
  compressors: new Map(),
  empty: [],
  problems: [],
}

/**
 * Read the configuration: flag, then environment, then `[fs:DATASET]`, then `[main]`, then default.
 * All errors are reported at once, before anything is done.
 *
 * @throws Z3Error `usage` for bad flags; `config` for bad variables, a file that cannot be read, or
 *   errors in it
 */
export async function loadConfig(input: ConfigInput): Promise<LoadedConfig> {
  const flags = flagLayer(input.flags)
  const environment = environmentLayer(input.env, flags)
  if (input.configFile === '') {
    const problem = { where: '--config', what: 'empty value (allowed: a file)' }
    throwFlagProblems([problem], 'Name a file, or omit --config.')
  }
  const found = await findConfigFile(input)
  const file = found ?? NO_FILE
  const defined = [...file.compressors.keys()]
  const inEnvironment = [...environment.problems, ...compressorProblems(environment.layer, defined)]
  throwProblems(
    'config',
    [...inEnvironment, ...fileProblems(file, flags, environment.layer)],
    inEnvironment.length === 0 ? file.file : 'the configuration',
    'Correct these lines.',
  )
  // not before: an error in the file may be why the name is unknown
  throwFlagProblems(compressorProblems(flags, defined))
  const layers = { flags, environment: environment.layer, sections: file.sections }
  const compressors = new Map<string, Codec | UserCodec>(COMPRESSORS)
  for (const [name, codec] of file.compressors) {
    // a section with an error has no codec, and was reported
    if (codec !== undefined) compressors.set(name, codec)
  }
  const warnings = [...environment.warnings, ...fileWarnings(file)]
  const datasets = [...file.sections.keys()].flatMap((name) =>
    name.startsWith('fs:') ? [name.slice('fs:'.length)] : [],
  )
  const forDataset = (dataset: string | undefined): LoadedConfig => ({
    ...resolveLayers(layers, dataset),
    file: found?.file,
    compressors,
    datasets,
    warnings,
    forDataset,
  })
  const loaded = forDataset(input.dataset)
  checkCredentials(loaded)
  return loaded
}

/** The error for a setting that a command needs and nothing sets. It names all places to set it. */
export function missingSetting(
  key: Key,
  { file = '/etc/z3_backup/z3.conf' }: { readonly file: string | undefined },
): Z3Error {
  const { perDataset, flag, env, keys } = optionOf(key)
  const sections = perDataset ? '[main] or [fs:DATASET]' : '[main]'
  const places = [
    ...(flag === undefined ? [] : [`the flag --${flag}`]),
    `the environment (${env.join(', ')})`,
  ]
  return new Z3Error('config', `${key} is not set`, {
    hint: `Set it with ${places.join(', ')} or ${keys.join(' or ')} in ${sections} of ${file}.`,
  })
}

function compressorProblems(layer: Layer, defined: readonly string[]): readonly Problem[] {
  const { value, source } = layer.get('COMPRESSOR') ?? {}
  if (typeof value !== 'string' || source === undefined) return []
  const what = compressorProblem(value, defined)
  return what === undefined ? [] : [{ where: describeSource(source), what }]
}

/**
 * The sample.conf of presslabs' z3 has empty keys for what the environment sets. So an empty value
 * is an error only if nothing else sets the option.
 */
function fileProblems(file: ConfigFile, flags: Layer, environment: Layer): readonly Problem[] {
  const main = file.sections.get('main')
  const unset = file.empty.filter(
    ({ key, section }) =>
      !flags.has(key) && !environment.has(key) && (section === 'main' || !main?.has(key)),
  )
  return [...file.problems, ...unset]
    .sort((a, b) => a.line - b.line)
    .map(({ line, what, hint }) => ({ where: `${file.file}:${String(line)}`, what, hint }))
}

function fileWarnings({ file, sections, othersMayRead }: ConfigFile): readonly string[] {
  const secret = OPTIONS.some(({ key, secret }) => secret && sections.get('main')?.has(key))
  return othersMayRead && secret
    ? [`${file} contains credentials and is readable by every user`]
    : []
}

/**
 * Without one of the credentials, the SDK would ignore the other and use what else the host offers,
 * perhaps another account.
 */
function checkCredentials({ settings, sources }: Resolved): void {
  const { S3_KEY_ID: id, S3_SECRET: secret, S3_SESSION_TOKEN: token } = settings
  const refuse = (present: Key, missing: string, choice: string): never => {
    const what = `${describeSource(sources[present])}: ${present} is set, but not ${missing}`
    const hint = `Set ${choice} to use AWS profiles and roles.`
    throw new Z3Error('config', what, { hint })
  }
  if (id !== undefined && secret === undefined) refuse('S3_KEY_ID', 'S3_SECRET', 'both, or neither')
  if (id === undefined && secret !== undefined) refuse('S3_SECRET', 'S3_KEY_ID', 'both, or neither')
  if (id === undefined && token !== undefined) {
    refuse('S3_SESSION_TOKEN', 'S3_KEY_ID and S3_SECRET', 'all three, or none')
  }
}
