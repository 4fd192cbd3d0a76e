import { dirname } from 'node:path'
import { findProgram } from '@z3/pipeline'
import { zfsPath } from '@z3/zfs'
import { ok, problem, warning, type Finding } from '../finding.js'

/** The PATH of a crontab without a PATH line: Debian's cron(8), crond of others. */
export const CRON_PATH = '/usr/bin:/bin'

/** What the pipelines of this configuration run. */
export interface Programs {
  /** Compressor and encryptor, by name or path. */
  readonly filters: readonly string[]
  /** Of this toolkit, that z3 finds beside itself. */
  readonly beside: readonly string[]
  /** Of this toolkit, that z3 has to find in PATH. */
  readonly searched: readonly string[]
}

/**
 * Whether the programs of a backup are found, also by a run from cron.
 *
 * @param find the place of a program in a PATH
 */
export function checkPrograms(
  { filters, beside, searched }: Programs,
  env: NodeJS.ProcessEnv,
  find: typeof findProgram = findProgram,
): readonly Finding[] {
  const here = (name: string) => find(name, { PATH: zfsPath(env) })
  const all = [...new Set([...filters, ...searched])]
  const missing = all.filter((name) => here(name) === undefined)
  const found = [...beside, ...all.filter((name) => !missing.includes(name))]
  return [
    ...missing.map((name) =>
      problem('programs', `'${name}' is not in PATH`, `Install ${name}, or correct PATH.`),
    ),
    ...(found.length > 0 ? [ok('programs', `found ${found.join(', ')}`)] : []),
    cronFinding(all, env, find),
  ]
}

// cron starts z3, and z3 adds the directories of zfs for the others
function cronFinding(
  all: readonly string[],
  env: NodeJS.ProcessEnv,
  find: typeof findProgram,
): Finding {
  const atCron = (name: string) =>
    find(name, {
      PATH: name === 'z3' || name === 'node' ? CRON_PATH : zfsPath({ PATH: CRON_PATH }),
    })
  const places = ['z3', ...launcherNeeds(env, find), 'zfs', ...all].flatMap((name) => {
    const place = find(name, { PATH: zfsPath(env) })
    return place === undefined || atCron(name) !== undefined ? [] : [{ name, place }]
  })
  if (places.length === 0) return ok('cron', `PATH=${CRON_PATH} is enough`)
  const dirs = [...new Set(places.map(({ place }) => dirname(place)))]
  return warning(
    'cron',
    `cron's PATH (${CRON_PATH}) lacks ${places.map(({ name }) => name).join(', ')}`,
    `Begin the crontab with this line: PATH=${[...dirs, CRON_PATH].join(':')}`,
  )
}

/** The launcher of a package with its own Node.js needs no other. */
function launcherNeeds(env: NodeJS.ProcessEnv, find: typeof findProgram): readonly string[] {
  return find('node', env) === process.execPath ? ['node'] : []
}
