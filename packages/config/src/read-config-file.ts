import { stat } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { Z3Error } from '@z3/core'
import { checkDocument, type CheckedDocument } from './check-document.js'
import type { Document, LineProblem } from './document.js'

/** The values and errors of a file, and whether other users may read it. */
export interface ConfigFile extends CheckedDocument {
  /** Absolute. */
  readonly file: string
  readonly othersMayRead: boolean
}

/**
 * Read the file that `--config` or Z3_CONFIG names, or the first that exists.
 *
 * @returns undefined if there is none
 * @throws Z3Error `config` as readConfigFile does
 */
export async function findConfigFile({
  configFile,
  env,
  searchPlaces,
}: {
  readonly configFile?: string | undefined
  readonly env: NodeJS.ProcessEnv
  readonly searchPlaces?: readonly string[] | undefined
}): Promise<ConfigFile | undefined> {
  if (configFile !== undefined) return readConfigFile(configFile, '--config')
  if (env['Z3_CONFIG']) return readConfigFile(env['Z3_CONFIG'], 'Z3_CONFIG')
  for (const place of searchPlaces ?? configPlaces(env)) {
    const file = await readConfigFile(place)
    if (file !== undefined) return file
  }
  return undefined
}

/**
 * The places of a configuration file that is not named, in order. Only the first file that exists
 * is read. The working directory is not among them: root runs the tools in directories that others
 * may write to.
 */
export function configPlaces(env: NodeJS.ProcessEnv): readonly string[] {
  const { XDG_CONFIG_HOME: xdg = '', HOME: home = '' } = env
  // the XDG specification says to ignore a relative XDG_CONFIG_HOME
  const user = isAbsolute(xdg) ? [xdg] : isAbsolute(home) ? [join(home, '.config')] : []
  const names = ['z3.conf', 'config.json', 'config.yaml']
  return [
    '/etc/z3_backup/z3.conf',
    ...['/etc', ...user].flatMap((dir) => names.map((name) => join(dir, 'z3', name))),
  ]
}

/**
 * Read and check one configuration file. Files that end in `.json`, `.yaml` or `.yml` have that
 * format, all others are INI.
 *
 * @param namedBy what named the file, for messages: `--config`, `Z3_CONFIG`
 * @param load reads and parses the file
 * @param user the user id of this process
 * @returns undefined if there is no such file and nothing named it
 * @throws Z3Error `config` if it cannot be read, or if it contains commands that root would run and
 *   that another user may change
 */
export async function readConfigFile(
  path: string,
  namedBy?: string,
  load: typeof loadDocument = loadDocument,
  user: number | undefined = process.geteuid?.(),
): Promise<ConfigFile | undefined> {
  const file = resolve(path)
  try {
    const stats = await stat(file)
    const checked = checkDocument(await load(file), file)
    if (checked.compressors.size > 0 && user === ROOT) checkWriters(file, stats)
    return { ...checked, file, othersMayRead: (stats.mode & 0o004) !== 0 }
  } catch (error) {
    const { code = '', errno = 0 } = error as NodeJS.ErrnoException
    if (namedBy === undefined && ['ENOENT', 'ENOTDIR'].includes(code)) return undefined
    const reason = getSystemErrorMap().get(errno)?.[1]
    if (reason === undefined) throw error
    const by = namedBy === undefined ? '' : `, named by ${namedBy}`
    throw new Z3Error('config', `cannot read ${file}${by}: ${reason}`, {
      hint:
        namedBy === undefined
          ? 'Make the file readable for this user, or name another one with --config.'
          : `Correct the path in ${namedBy}.`,
      cause: error,
    })
  }
}

const ROOT = 0

/** A user who can write to the file chooses the commands that root runs. */
function checkWriters(
  file: string,
  { mode, uid, gid }: { mode: number; uid: number; gid: number },
): void {
  const who =
    uid !== ROOT
      ? `belongs to another user (uid ${String(uid)})`
      : (mode & 0o002) !== 0
        ? 'is writable by every user'
        : (mode & 0o020) !== 0 && gid !== ROOT
          ? `is writable by a group (gid ${String(gid)})`
          : undefined
  if (who === undefined) return
  throw new Z3Error(
    'config',
    `${file} defines compressors, whose commands root would run, but ${who}`,
    { hint: `Run 'chown root ${file}' and 'chmod go-w ${file}'.` },
  )
}

type Loader = (file: string, text: string) => Promise<unknown>

/**
 * Read a file and parse it by its extension. The libraries are loaded here, so that a start without
 * a file does not need them.
 *
 * @throws the error of the file system if it cannot be read
 */
async function loadDocument(file: string): Promise<Document> {
  let document: Document = { sections: [], problems: [] }
  const keep =
    (parse: (text: string) => Promise<Document>): Loader =>
    async (_file, text) => {
      const problems = encodingProblems(text)
      document = problems.length > 0 ? { sections: [], problems } : await parse(text)
      // cosmiconfig uses one property of a file named package.*, and takes an empty result for
      // 'no file', so `document` holds the result instead.
      return {}
    }
  const ini = keep(async (text) => (await import('./parse-ini.js')).parseIni(text))
  const yaml = keep(async (text) => (await import('./parse-yaml.js')).parseYaml(text))
  // `default`, since a bundle keeps nothing else of a CommonJS module. Not `cosmiconfig()`: that
  // runs `.config/config.js` of the working directory, as root.
  const { default: cosmiconfig } = (await import('cosmiconfig/dist/Explorer.js')) as unknown as {
    default: { Explorer: new (options: object) => { load: (file: string) => Promise<unknown> } }
  }
  const explorer = new cosmiconfig.Explorer({
    moduleName: 'z3',
    searchPlaces: [],
    searchStrategy: 'none',
    cache: false,
    transform: (result: unknown) => result,
    loaders: { default: ini, noExt: ini, '.json': yaml, '.yaml': yaml, '.yml': yaml },
  })
  await explorer.load(file)
  return document
}

// Bytes that are not UTF-8 are read as U+FFFD: a wrong secret without an error.
function encodingProblems(text: string): readonly LineProblem[] {
  return text
    .split(/\r\n|\n|\r/)
    .flatMap((content, index) =>
      content.includes('\uFFFD') ? [{ line: index + 1, what: 'not UTF-8 text' }] : [],
    )
}
