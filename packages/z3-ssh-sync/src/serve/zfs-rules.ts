import { NotAllowed, type Mode } from './policy.js'
import type { Given, OptionTable, Parsed } from './read-options.js'
import type { Subtree } from './subtree.js'
import {
  isDepth,
  isFields,
  isHarmless,
  isPropertyName,
  isReadable,
  isReadableList,
  isSources,
  isToken,
  isTypes,
} from './values.js'

/** A subcommand. */
export interface Rule {
  readonly modes: readonly Mode[]
  readonly place?: 'first' | 'last'
  readonly options: (mode: Mode) => OptionTable
  /** Throws NotAllowed unless the operands are allowed with these options. */
  readonly check: (parsed: Parsed, inside: Subtree) => void
}

const ALL: readonly Mode[] = ['full', 'append-only', 'read-only']
const WRITES: readonly Mode[] = ['full', 'append-only']
const SENDS: readonly Mode[] = ['full', 'read-only']

/** The tag of a z3-ssh-sync hold: core's `syncHoldTag`. */
const HOLD = /^z3-sync-[0-9a-f]{8}$/

/** Format and depth of a listing. */
const LISTING: OptionTable = {
  H: 'flag',
  p: 'flag',
  r: 'flag',
  d: isDepth,
  t: isTypes,
}

/** The allowed arguments of each subcommand. */
export const RULES: Readonly<Partial<Record<string, Rule>>> = {
  list: {
    modes: ALL,
    options: () => ({
      ...LISTING,
      o: isReadableList,
      s: isReadable,
      S: isReadable,
    }),
    check: ({ operands }, { any }) => {
      // without a name it would list all pools
      each(operands, any)
    },
  },
  get: {
    modes: ALL,
    options: () => ({
      ...LISTING,
      o: isFields,
      s: isSources,
    }),
    check: ({ operands: [properties = '', ...names] }, { any }) => {
      if (!isReadableList(properties)) {
        throw new NotAllowed(`properties '${properties}'`)
      }
      each(names, any)
    },
  },
  holds: {
    modes: ALL,
    options: () => ({ H: 'flag', p: 'flag', r: 'flag' }),
    check: ({ operands }, { snapshot }) => {
      each(operands, snapshot)
    },
  },
  // it prints file names, and takes a snapshot while it runs
  diff: {
    modes: ['full'],
    options: () => ({ F: 'flag', H: 'flag', h: 'flag', t: 'flag' }),
    check: ({ operands }, { snapshot, any }) => {
      const [from = '', ...to] = operands
      snapshot(from)
      to.forEach(any)
      if (to.length > 1) throw tooMany(operands)
    },
  },
  send: {
    modes: SENDS,
    place: 'first',
    options: () => ({
      w: 'flag',
      L: 'flag',
      e: 'flag',
      c: 'flag',
      p: 'flag',
      n: 'flag',
      v: 'flag',
      P: 'flag',
      V: 'flag',
      i: () => true,
      I: () => true,
      t: isToken,
    }),
    check: (parsed, { snapshot, bookmark }) => {
      const { given, operands } = parsed
      if (isProbe(parsed)) return
      for (const base of valuesOf(given, 'i')) {
        if (base.includes('#')) bookmark(base)
        else snapshot(base)
      }
      valuesOf(given, 'I').forEach(snapshot)
      if (valuesOf(given, 't').length > 0) none(operands)
      else one(operands, snapshot)
    },
  },
  receive: {
    modes: WRITES,
    place: 'last',
    options: (mode) => ({
      u: 'flag',
      s: 'flag',
      v: 'flag',
      h: 'flag',
      x: isPropertyName,
      o: isHarmless,
      // discards the data of an interrupted receive, never a snapshot
      A: 'flag',
      ...(mode === 'full' ? { F: 'flag' } : {}),
    }),
    check: (parsed, { dataset, any }) => {
      const { given, operands } = parsed
      if (isProbe(parsed)) return
      if (given.some(({ letter }) => letter === 'A')) {
        if (given.length > 1) throw new NotAllowed('-A with other options')
        one(operands, dataset)
        return
      }
      one(operands, (name) => {
        if (name.includes('#')) throw new NotAllowed(`'${name}' is a bookmark`)
        any(name)
      })
    },
  },
  create: {
    modes: WRITES,
    options: () => ({ p: 'flag', u: 'flag', o: isHarmless }),
    check: ({ operands }, { below }) => {
      one(operands, below)
    },
  },
  bookmark: {
    modes: ALL,
    options: () => ({}),
    check: ({ operands }, { any, bookmark, mark }) => {
      const [from = '', to = '', ...more] = operands
      if (more.length > 0) throw tooMany(operands)
      if (from.includes('#')) bookmark(from)
      else if (from.includes('@')) any(from)
      else throw new NotAllowed(`'${from}' is not a snapshot`)
      mark(to)
    },
  },
  hold: {
    modes: ALL,
    options: () => ({}),
    check: tagged,
  },
  // a snapshot may be marked for deferred destruction (zfs destroy -d)
  release: {
    modes: SENDS,
    options: () => ({}),
    check: tagged,
  },
  rollback: {
    modes: ['full'],
    options: () => ({ r: 'flag' }),
    check: ({ operands }, { snapshot }) => {
      one(operands, snapshot)
    },
  },
  destroy: {
    modes: SENDS,
    options: () => ({}),
    check: ({ operands }, { mark }) => {
      one(operands, mark)
    },
  },
}

/** Options that name something, and one that is a command of its own. */
const NO_PROBES = ['i', 'I', 't', 'A']

/** The probe for an option by `hasOption` of @z3/zfs: zfs parses it, then misses a name. */
export function isProbe({ given, operands }: Parsed): boolean {
  const [only, ...more] = given
  return (
    only !== undefined &&
    !NO_PROBES.includes(only.letter) &&
    more.length === 0 &&
    operands.length === 0
  )
}

function tagged({ operands }: Parsed, { snapshot }: Subtree): void {
  const [tag = '', ...names] = operands
  if (!HOLD.test(tag)) throw new NotAllowed(`'${tag}' is not a hold of z3-ssh-sync`)
  each(names, snapshot)
}

/** The values of an option, by letter. */
export function valuesOf(given: readonly Given[], wanted: string): readonly string[] {
  return given.flatMap(({ letter, value }) =>
    letter === wanted && value !== undefined ? [value] : [],
  )
}

function each(names: readonly string[], check: (name: string) => void): void {
  if (names.length === 0) throw new NotAllowed('no name specified')
  names.forEach((name) => {
    check(name)
  })
}

function one(names: readonly string[], check: (name: string) => void): void {
  if (names.length > 1) throw tooMany(names)
  each(names, check)
}

function none(names: readonly string[]): void {
  if (names.length > 0) throw tooMany(names)
}

function tooMany(names: readonly string[]): NotAllowed {
  return new NotAllowed(`too many names: '${names.join("' '")}'`)
}
