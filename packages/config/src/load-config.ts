import { isAbsolute, join } from 'node:path'
import { COMPRESSORS, type Codec } from '@z3/core'
import type { UserCodec } from './compressor-section.js'
import { environmentLayer, flagError, flagLayer, type Flags } from './inputs.js'
import { describeSource, resolveLayers, type Layer, type Layers, type Resolved } from './layers.js'
import { missingCredential } from './missing.js'
import { OPTIONS } from './options.js'
import { problemError, type Problem } from './problem.js'
import { readConfigFile, type ConfigFile } from './read-config-file.js'
import { compressorProblem } from './values.js'

/** What the settings are made of. */
export interface ConfigInput {
  readonly flags: Flags
  readonly env: NodeJS.ProcessEnv
  /** The value of `--config`. */
  readonly configFile?: string | undefined
  /** The dataset whose sections `[fs:…]` count. Unset: no section counts. */
  readonly dataset?: string | undefined
  /** In place of the usual places; for tests. */
  readonly searchPlaces?: readonly string[] | undefined
}

/** The settings of a run, or of one dataset in it. */
export interface LoadedConfig extends Resolved {
  /** The file that was read, absolute. */
  readonly file: string | undefined
  /**
   * The compressors that a stream may pass through, by name: core's and the user's own. `none` and
   * z3's `gpg` are not in it.
   */
  readonly compressors: ReadonlyMap<string, Codec | UserCodec>
  /** For the caller to print: one line each, lower case, no full stop. */
  readonly warnings: readonly string[]
  /** The same for another dataset, without reading anything again. */
  readonly forDataset: (dataset: string | undefined) => LoadedConfig
}

/**
 * Read the configuration: flag, then environment, then `[fs:DATASET]`, then `[main]`, then default.
 * Everything that is wrong is reported at once, before anything is done.
 *
 * @throws Z3Error `usage` for bad flags; `config` for bad variables, a file that cannot be read, or
 *   anything in it that has no meaning
 */
export async function loadConfig(input: ConfigInput): Promise<LoadedConfig> {
  const flags = flagLayer(input.flags)
  const environment = environmentLayer(input.env, flags)
  const file = await findFile(input)
  const defined = file?.compressors ?? new Map<string, undefined>()
  const environmentProblems = [
    ...environment.problems,
    ...compressorProblems(environment.layer, defined.keys()),
  ]
  throwProblems(environmentProblems, file && withEmptyValues(file, flags, environment.layer))
  // not before: what is wrong with the file may be why a name is unknown
  const flagProblems = compressorProblems(flags, defined.keys())
  if (flagProblems.length > 0) throw flagError(flagProblems)
  const layers: Layers = {
    flags,
    environment: environment.layer,
    sections: file?.sections ?? new Map(),
  }
  const compressors = new Map<string, Codec | UserCodec>(COMPRESSORS)
  for (const [name, codec] of defined) {
    // a section with a problem has none, and did not get here
    if (codec !== undefined) compressors.set(name, codec)
  }
  const warnings = [...environment.warnings, ...fileWarnings(file)]
  const forDataset = (dataset: string | undefined): LoadedConfig => ({
    ...resolveLayers(layers, dataset),
    file: file?.file,
    compressors,
    warnings,
    forDataset,
  })
  const loaded = forDataset(input.dataset)
  const error = missingCredential(loaded)
  if (error !== undefined) throw error
  return loaded
}

async function findFile({
  configFile,
  env,
  searchPlaces,
}: ConfigInput): Promise<ConfigFile | undefined> {
  if (configFile === '') {
    throw problemError(
      'usage',
      [{ where: '--config', what: 'empty value (allowed: a file)' }],
      'the command line',
      'Name a file, or omit --config.',
    )
  }
  if (configFile !== undefined) return readConfigFile(configFile, '--config')
  if (env['Z3_CONFIG']) return readConfigFile(env['Z3_CONFIG'], 'Z3_CONFIG')
  for (const place of searchPlaces ?? configPlaces(env)) {
    const file = await readConfigFile(place)
    if (file !== undefined) return file
  }
  return undefined
}

/**
 * Where a configuration file is looked for when none is named, in order; the first that exists is
 * the only one that is read. Never the working directory: the tools run as root, in directories
 * that others may write to.
 */
export function configPlaces(env: NodeJS.ProcessEnv): readonly string[] {
  const { XDG_CONFIG_HOME: xdg = '', HOME: home = '' } = env
  // XDG: a relative XDG_CONFIG_HOME is to be ignored
  const user = isAbsolute(xdg) ? [xdg] : isAbsolute(home) ? [join(home, '.config')] : []
  const names = ['z3.conf', 'config.json', 'config.yaml']
  return [
    '/etc/z3_backup/z3.conf',
    ...['/etc', ...user].flatMap((dir) => names.map((name) => join(dir, 'z3', name))),
  ]
}

function compressorProblems(layer: Layer, defined: Iterable<string>): readonly Problem[] {
  const { value, source } = layer.get('COMPRESSOR') ?? {}
  if (value === undefined || source === undefined) return []
  const what = compressorProblem(String(value), defined)
  return what === undefined ? [] : [{ where: describeSource(source), what }]
}

/**
 * z3's sample.conf has empty keys for what the environment is to set: an empty value is as if it
 * were not there, and an error if nothing else sets it.
 */
function withEmptyValues(file: ConfigFile, flags: Layer, environment: Layer): ConfigFile {
  const main = file.sections.get('main')
  const unset = file.empty.filter(
    ({ key, section }) =>
      !flags.has(key) && !environment.has(key) && (section === 'main' || !main?.has(key)),
  )
  const problems = [...file.problems, ...unset.map(({ problem }) => problem)]
  return { ...file, problems: problems.sort((a, b) => a.line - b.line) }
}

function throwProblems(environment: readonly Problem[], file: ConfigFile | undefined): void {
  const inFile = (file?.problems ?? []).map(({ line, what }) => ({
    where: `${file?.file ?? ''}:${String(line)}`,
    what,
  }))
  const problems = [...environment, ...inFile]
  if (problems.length === 0) return
  const place = environment.length === 0 && file ? file.file : 'the configuration'
  const unknownKey = inFile.some(({ what }) => UNKNOWN_KEY.test(what))
  const keys = OPTIONS.map((option) => option.keys.join(' or ')).join(', ')
  throw problemError(
    'config',
    problems,
    place,
    unknownKey ? `The keys are ${keys}.` : 'Correct these lines.',
  )
}

/** A key that the table should have had. */
const UNKNOWN_KEY = /^unknown key.* in \[(?!compressor:)/

function fileWarnings(file: ConfigFile | undefined): readonly string[] {
  const secret = OPTIONS.some(({ key, secret }) => secret && file?.sections.get('main')?.has(key))
  return file?.othersMayRead && secret
    ? [`${file.file} contains credentials and is readable by every user`]
    : []
}
