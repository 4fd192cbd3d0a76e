import { Z3Error } from '@z3/core'
import { exec } from '../exec.js'
import { currentUser, type Run } from '../run.js'

/** Who asks for permissions: zfs-allow(8) grants them to users, groups and everyone. */
export interface Grantee {
  readonly user: string
  readonly groups: readonly string[]
}

/**
 * The user of this process, and its groups.
 *
 * @returns undefined: root, who may do everything
 * @throws Z3Error `program-missing` without id(1)
 */
export async function currentGrantee(
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Grantee | undefined> {
  if (process.geteuid?.() === 0) return undefined
  // Node knows the numbers of the groups only, and their names may come from a directory service
  const { code, stdout } = await exec({ file: 'id', args: ['-Gn'] }, { env, signal })
  if (code !== 0) throw new Z3Error('program-missing', "cannot run 'id -Gn'")
  return { user: currentUser(), groups: stdout.trim().split(/\s+/) }
}

/**
 * The permissions that `zfs allow` has granted on a dataset.
 *
 * @throws Z3Error `no-such-dataset`; `zfs-failed`
 */
export async function readAllowed(
  run: Run,
  dataset: string,
  who: Grantee,
): Promise<ReadonlySet<string>> {
  return parseAllowed(await run(['allow', dataset]), dataset, who)
}

/**
 * Read the output of `zfs allow DATASET`, which has a section for the dataset and one for each
 * ancestor with permissions. Permission sets (`@name`) are replaced by their permissions.
 */
export function parseAllowed(text: string, dataset: string, who: Grantee): ReadonlySet<string> {
  const granted = new Set<string>()
  const sets = new Map<string, readonly string[]>()
  let place = ''
  let heading = ''
  for (const line of text.split('\n')) {
    const section = /^---- Permissions on (.+?) -+$/.exec(line)
    if (section) {
      place = section[1] ?? ''
      heading = ''
      continue
    }
    if (!line.startsWith('\t')) {
      heading = line.trim()
      continue
    }
    const words = line.trim().split(/ +/)
    const names = (words.at(-1) ?? '').split(',')
    if (heading === 'Permission sets:') {
      sets.set(words[0] ?? '', names)
    } else if (appliesTo(heading, place === dataset) && isFor(words, who)) {
      for (const name of names) granted.add(name)
    }
  }
  return new Set([...granted].flatMap((name) => expand(name, sets)))
}

function appliesTo(heading: string, isOwn: boolean): boolean {
  return (
    heading === 'Local+Descendent permissions:' ||
    heading === (isOwn ? 'Local permissions:' : 'Descendent permissions:')
  )
}

function isFor([kind, name = '']: readonly string[], { user, groups }: Grantee): boolean {
  if (kind === 'everyone') return true
  return kind === 'user' ? name === user : kind === 'group' && groups.includes(name)
}

/** A set may contain others; a set that contains itself adds nothing. */
function expand(
  name: string,
  sets: ReadonlyMap<string, readonly string[]>,
  seen: readonly string[] = [],
): readonly string[] {
  if (!name.startsWith('@')) return [name]
  if (seen.includes(name)) return []
  return (sets.get(name) ?? []).flatMap((one) => expand(one, sets, [...seen, name]))
}
