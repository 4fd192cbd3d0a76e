import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Z3Error } from '@z3/core'
import { checkDocument, type CheckedDocument } from './check-document.js'
import { loadDocument } from './load-document.js'

/** A file's values and problems, and whether other users may read it. */
export interface ConfigFile extends CheckedDocument {
  /** Absolute. */
  readonly file: string
  readonly othersMayRead: boolean
}

/**
 * Read and check one configuration file: `.json`, `.yaml` and `.yml` by their
 * ending, INI whatever else it is called.
 *
 * @param namedBy what named the file, for messages: `--config`, `Z3_CONFIG`
 * @param load reads and parses the file
 * @returns undefined if there is no such file and nothing named it
 * @param user who runs this
 * @throws Z3Error `config` if it cannot be read, or if it holds commands that
 *   root would run and that another user may change
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
          : `Correct what ${namedBy} names.`,
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
    `${file} defines compressors, whose commands root would run, and ${who}`,
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
