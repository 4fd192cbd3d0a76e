import { NotAllowed, type Mode, type Policy } from './policy.js'
import { readOptions, writeOptions, type Parsed } from './read-options.js'
import { shieldReceive } from './shield-receive.js'
import { subtreeOf } from './subtree.js'
import { isProbe, RULES, valuesOf, type Rule } from './zfs-rules.js'

/** An allowed `zfs` command. */
export interface AllowedZfs {
  readonly args: readonly string[]
  /** Its place in a pipeline. */
  readonly place: 'alone' | 'first' | 'last'
  /** Its input passes `checkStream`: one snapshot, no properties. */
  readonly checked: boolean
  /** The stream is identified only by a token: call `checkToken` first. */
  readonly token: string | undefined
}

/** Aliases of subcommands. */
const ALIASES: Readonly<Partial<Record<string, string>>> = { recv: 'receive' }

/**
 * Check the arguments of `zfs` and write them again, option by option, so that zfs reads them as we
 * did.
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

/** A `zfs receive` of a stream: neither -A nor a probe of its options. */
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
