import {
  formatSendFlags,
  parseSendFlags,
  unreadableSnapshot,
  Z3Error,
  type BackupPlan,
  type Bookmark,
  type LocalSnapshot,
  type RestorePlan,
  type StoredSnapshot,
} from '../src/index.js'

export const DATASET = 'tank/a'

/** Of a name: `d12` is of time 12, others by their first letter. */
function timeOf(name: string): number {
  return Number(/\d+$/.exec(name)?.[0] ?? name.charCodeAt(0))
}

/** Of a name, unless `#` says otherwise: no two names of a table share one. */
function guidOf(name: string): string {
  return BigInt(`0x${Buffer.from(name).toString('hex')}`).toString()
}

/** Of a place, from 0: in decimal, where 10 is less than 9 as text. */
export function txgOf(place: number): string {
  return String(place + 9)
}

export function words(text: string): readonly string[] {
  return text.split(' ').filter((word) => word !== '')
}

const LOCAL = /^@(?<name>[^#*]+)(?:#(?<guid>\d+))?\*?$/
const MARKED = /^(?=.*\*)[@*](?<name>[^#*]+)(?:#(?<guid>\d+))?\*?$/

/**
 * Snapshots of this host, the oldest first: `@a @b#7`. What follows `#` is the
 * guid. `*a` is gone, and has left a bookmark: `bookmarks`.
 */
export function local(text: string, dataset = DATASET): LocalSnapshot[] {
  return words(text).flatMap((word, i) => {
    if (word.startsWith('*')) return []
    const { name = '', guid } = groups(LOCAL, word)
    return [
      {
        dataset,
        snapshot: name,
        guid: guid ?? guidOf(name),
        created: timeOf(name),
        createtxg: txgOf(i),
        referenced: 0,
      },
    ]
  })
}

/** The bookmarks of the same notation; `@a*` is there, and has one, too. */
export function bookmarks(text: string): Bookmark[] {
  return words(text).flatMap((word, i) => {
    const { name, guid: given } = MARKED.exec(word)?.groups ?? {}
    if (name === undefined) return []
    const guid = given ?? guidOf(name)
    const created = timeOf(name)
    return [{ dataset: DATASET, bookmark: `z3_${guid}`, guid, created, createtxg: txgOf(i) }]
  })
}

const STORED =
  /^@(?<name>[^#=<!?~]+?)(?<twin>\.full)?(?:#(?<guid>\d+))?(?<kind>=full|<(?<parent>[^#!?~%]+)(?:#(?<base>\d+))?)(?<marks>[!?]*)(?:~(?<flags>\w+))?(?:%(?<encryption>[a-z0-9+]+))?$/

/**
 * Stored snapshots: `@a=full`, `@b<a` builds on `@a`, `@b#8<a#7` with guids,
 * `@a=full!` is legacy (neither guid nor time), `@a=full?` has bad metadata,
 * `@a=full??` cannot be read,
 * `@a=full~wc` was sent with `-w -c`, `@a=full%zstd+age` is encrypted by age,
 * `@a.full=full` is the full twin of `@a`.
 */
export function stored(text: string): StoredSnapshot[] {
  const all = words(text).map((word) => groups(STORED, word))
  const byName = new Map(all.map((item) => [`${item.name ?? ''}${item.twin ?? ''}`, item]))
  return all.map(
    ({ name = '', twin = '', guid, parent, base, marks = '', flags = '', encryption }) => {
      const [compressor, encryptor] = encryption?.split('+') ?? []
      const key = `z3-backup/${DATASET}@${name}${twin}`
      if (marks.includes('??')) {
        const snapshot = { dataset: DATASET, snapshot: `${name}${twin}` }
        return unreadableSnapshot(snapshot, key, 'access denied', 'unreadable')
      }
      const legacy = marks.includes('!')
      const built = byName.get(parent ?? '')
      const parentGuid =
        parent === undefined || (legacy && base === undefined)
          ? undefined
          : (base ?? built?.guid ?? guidOf(parent.replace('.full', '')))
      return {
        dataset: DATASET,
        snapshot: `${name}${twin}`,
        ...(twin === '' ? {} : { twinOf: name }),
        key,
        bytes: 10,
        uploaded: timeOf(name) + 1000,
        size: 100,
        parent: parent === undefined ? undefined : `${DATASET}@${parent}`,
        guid: legacy ? undefined : (guid ?? guidOf(name)),
        parentGuid,
        created: legacy ? undefined : timeOf(name),
        compressor,
        encryptor,
        sendFlags: parseSendFlags(flags),
        problem: marks.includes('?') ? 'size is not a number of bytes' : undefined,
      }
    },
  )
}

interface Groups {
  readonly twin?: string
  readonly encryption?: string
  readonly name?: string
  readonly guid?: string
  readonly parent?: string
  readonly base?: string
  readonly marks?: string
  readonly flags?: string
}

// A word that is not understood must not pass for an empty one.
function groups(pattern: RegExp, word: string): Groups {
  const found = pattern.exec(word)?.groups
  if (!found) throw new Error(`not in the notation: ${word}`)
  return found
}

/**
 * A plan: `@a=full @b<a~w`, with `+` for overwrite, `@a.full=full` for a twin;
 * `-` when it is empty.
 */
export function showBackup({ steps }: BackupPlan): string {
  const shown = steps.map(({ storedAs, base, parent, ...step }) => {
    // a bookmark is not named as the snapshot was: what matters is what the object will say
    const isMark = base && !('snapshot' in base)
    const name = isMark ? '*' : (base?.snapshot ?? '')
    const renamed = base && parent !== `${DATASET}@${name}` ? `(${String(parent)})` : ''
    return [
      `@${storedAs}`,
      base ? `<${name}${renamed}` : '=full',
      step.sendFlags.length > 0 ? `~${formatSendFlags(step.sendFlags)}` : '',
      step.overwrite ? '+' : '',
    ].join('')
  })
  return shown.join(' ') || '-'
}

/** A plan: `@a @b!`, with `!` for force, `replaces:` before what does. */
export function showRestore({ steps, replaces }: RestorePlan): string {
  const shown = steps.map(({ object, force }) => `@${object.snapshot}${force ? '!' : ''}`)
  return (replaces ? 'replaces: ' : '') + (shown.join(' ') || '-')
}

/** The error of a call, `code: message`, and its hint. */
export function failure(call: () => unknown): { error: string; hint: string } {
  try {
    call()
  } catch (error) {
    if (!(error instanceof Z3Error)) throw error
    return {
      error: `${error.code}: ${error.message}`,
      hint: error.hint ?? '',
    }
  }
  throw new Error('nothing failed')
}

/** By the part after the `@`: `a ok, b missing parent`. */
export function showHealth(health: ReadonlyMap<string, string>): string {
  return Array.from(health, ([name, state]) => `${name.slice(name.indexOf('@') + 1)} ${state}`)
    .sort()
    .join(', ')
}

/** Names for a chain that is long. */
export function longChain(count: number): {
  local: string
  stored: string
} {
  const names = Array.from({ length: count }, (_, i) => `d${String(i)}`)
  return {
    local: names.map((name) => `@${name}`).join(' '),
    stored: names.map((name, i) => `@${name}${i === 0 ? '=full' : `<d${String(i - 1)}`}`).join(' '),
  }
}
