import { NotAllowed, type Mode, type Policy } from './policy.js'
import { readOptions, writeOptions, type Parsed } from './read-options.js'
import { shieldReceive } from './shield-receive.js'
import { subtreeOf } from './subtree.js'
import { isProbe, RULES, valuesOf, type Rule } from './zfs-rules.js'

/** A `zfs` command that may be run. */
export interface AllowedZfs {
  readonly args: readonly string[]
  /** Where it stands in a pipeline. */
  readonly place: 'alone' | 'first' | 'last'
  /** Its input goes through `checkStream`: of one snapshot, no properties. */
  readonly checked: boolean
  /** What it sends is named by a token alone: `checkToken` is to be asked. */
  readonly token: string | undefined
}

/** Other names of subcommands. */
const ALIASES: Readonly<Partial<Record<string, string>>> = { recv: 'receive' }

/**
 * Check the arguments of `zfs`, and write them anew: option by option, so that
 * zfs reads them as we did.
 *
 * @param root it will run as root: what it receives is shielded
 * @throws NotAllowed
 */
export function allowZfs(words: readonly string[], policy: Policy, root: boolean): AllowedZfs {
  const [word = '', ...rest] = words
  const name = Object.hasOwn(ALIASES, word) ? (ALIASES[word] ?? word) : word
  const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined
  if (!rule) throw new NotAllowed(`'zfs ${word}'`)
  const { dataset, mode } = policy
  if (!rule.modes.includes(mode)) {
    throw new NotAllowed(`'zfs ${name}' with --${mode}`)
  }
  const parsed = read(name, rest, rule, mode)
  rule.check(parsed, subtreeOf(dataset))
  const { operands } = parsed
  const given = name === 'receive' && root ? shieldReceive(parsed) : parsed.given
  return {
    checked: name === 'receive' && root && takesStream(parsed),
    args: [name, ...writeOptions(given), ...operands],
    place: isProbe(parsed) ? 'alone' : (rule.place ?? 'alone'),
    token: name === 'send' ? valuesOf(given, 't')[0] : undefined,
  }
}

/** A `zfs receive` that neither drops what is saved nor asks for its options. */
function takesStream(parsed: Parsed): boolean {
  const drops = parsed.given.some(({ letter }) => letter === 'A')
  return !drops && !isProbe(parsed)
}

function read(name: string, words: readonly string[], { options }: Rule, mode: Mode): Parsed {
  try {
    return readOptions(words, options(mode))
  } catch (error) {
    if (!(error instanceof NotAllowed)) throw error
    throw new NotAllowed(`'zfs ${name}' with ${error.message}`)
  }
}
