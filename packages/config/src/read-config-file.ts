import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Z3Error } from '@z3/core'
import { checkDocument, type CheckedDocument } from './check-document.js'
import type { Document, LineProblem } from './document.js'

/** A file's values and problems, and whether other users may read it. */
export interface ConfigFile extends CheckedDocument {
  /** Absolute. */
  readonly file: string
  readonly othersMayRead: boolean
}

/**
 * Read and check one configuration file: `.json`, `.yaml` and `.yml` by their ending, INI whatever
 * else it is called.
 *
 * @param namedBy what named the file, for messages: `--config`, `Z3_CONFIG`
 * @param load reads and parses the file
 * @returns undefined if there is no such file and nothing named it
 * @param user who runs this
 * @throws Z3Error `config` if it cannot be read, or if it holds commands that root would run and
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
    const { mode, uid, gid } = await stat(file)
    const document = await load(file)
    const checked = checkDocument(document, file)
    if (checked.compressors.size > 0 && user === ROOT) {
      checkWriters(file, { mode, uid, gid })
    }
    return {
      ...checked,
      file,
      othersMayRead: (mode & 0o004) !== 0,
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    const absent = code === 'ENOENT' || code === 'ENOTDIR'
    if (absent && namedBy === undefined) return undefined
    const reason = REASONS[code]
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

const REASONS: Partial<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a directory',
  ELOOP: 'too many symbolic links',
  EIO: 'input/output error',
}

type Loader = (file: string, text: string) => Promise<unknown>

interface Explorer {
  load: (file: string) => Promise<unknown>
}

/**
 * Read a file and parse it by its ending. The libraries are only loaded here, once there is a file
 * of their kind: starting up without one costs nothing.
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
  const explorer = await createExplorer({
    ...{ default: ini, noExt: ini, '.json': yaml, '.yaml': yaml, '.yml': yaml },
  })
  await explorer.load(file)
  return document
}

/**
 * cosmiconfig's explorer, but not through `cosmiconfig()`: that looks for a configuration of its
 * own first, which includes running `.config/config.js` of the working directory. For a tool that
 * root runs anywhere, that is somebody else's code run as root.
 */
async function createExplorer(loaders: Record<string, Loader>): Promise<Explorer> {
  // `default`, since that is all that a bundle keeps of a CommonJS module
  const { default: exported } = (await import('cosmiconfig/dist/Explorer.js')) as unknown as {
    default: { Explorer: new (options: object) => Explorer }
  }
  return new exported.Explorer({
    moduleName: 'z3',
    searchPlaces: [],
    searchStrategy: 'none',
    cache: false,
    transform: (result: unknown) => result,
    loaders,
  })
}

// Bytes that are not UTF-8 arrive as U+FFFD: a wrong secret, without a word.
function encodingProblems(text: string): readonly LineProblem[] {
  return text
    .split(/\r\n|\n|\r/)
    .flatMap((content, index) =>
      content.includes('\uFFFD') ? [{ line: index + 1, what: 'not UTF-8 text' }] : [],
    )
}
