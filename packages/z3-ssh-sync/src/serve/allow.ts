import type { Command } from '@z3/core'
import { allowFilter, FILTER_NAMES, isFilter } from './allow-filter.js'
import { allowZfs } from './allow-zfs.js'
import type { Requested } from './grammar.js'
import { NotAllowed, type Policy } from './policy.js'

/** What is done for a client. */
export type Allowed =
  /** `token`: `checkToken` is to be asked before. */
  | {
      readonly kind: 'run'
      readonly commands: readonly Command[]
      readonly token: string | undefined
      /** The input of the last command goes through `checkStream`. */
      readonly checked: boolean
    }
  /** Tell where a program is, as the `command -v` of a shell does. */
  | { readonly kind: 'find'; readonly program: string }

/** Programs that a client may look for. */
const FINDABLE = ['zfs', ...FILTER_NAMES]

/**
 * Hold what a client wants against what it may: one of the few questions about
 * the host, or `zfs`, with filters behind what sends and before what receives.
 *
 * @throws NotAllowed
 */
export function allow(requested: readonly Requested[], policy: Policy): Allowed {
  const [only, ...others] = requested
  if (!policy.sudo && requested.some(({ sudo }) => sudo)) {
    throw new NotAllowed("'sudo', since serve has no --sudo")
  }
  const question = only && others.length === 0 ? answer(only) : undefined
  if (question) return question
  const at = requested.findIndex(({ file }) => file === 'zfs')
  let token: string | undefined
  let checked = false
  const commands = requested.map((command, index): Command => {
    const { sudo, file, args } = command
    if (index !== at) {
      if (sudo) throw new NotAllowed(`'sudo' with '${file}'`)
      allowFilter(file, args)
      return { file, args }
    }
    const zfs = allowZfs(args, policy, policy.root || sudo)
    checkPlace(zfs.place, index, requested)
    token = zfs.token
    checked = zfs.checked
    return sudo
      ? { file: 'sudo', args: ['-n', 'zfs', ...zfs.args] }
      : { file: 'zfs', args: zfs.args }
  })
  if (at < 0) throw new NotAllowed('a filter without zfs')
  return { kind: 'run', commands, token, checked }
}

function answer({ sudo, file, args }: Requested): Allowed | undefined {
  const words = args.join(' ')
  if (sudo && file === 'true' && words === '') {
    // what is meant is zfs, and sudoers may name nothing else
    return run({ file: 'sudo', args: ['-n', '-l', 'zfs'] })
  }
  if (sudo) return undefined
  if (file === 'id' && words === '-u') return run({ file, args: ['-u'] })
  const [option, program = '', ...more] = args
  if (file !== 'command') return undefined
  if (option !== '-v' || more.length > 0 || !FINDABLE.includes(program)) {
    throw new NotAllowed(`'command ${words}'`)
  }
  return { kind: 'find', program }
}

function run(command: Command): Allowed {
  return { kind: 'run', commands: [command], token: undefined, checked: false }
}

/** A stream goes one way: out of `zfs send`, into `zfs receive`. */
function checkPlace(
  place: 'alone' | 'first' | 'last',
  index: number,
  requested: readonly Requested[],
): void {
  const isFirst = index === 0
  const isLast = index === requested.length - 1
  const fits = (isFirst && isLast) || (place === 'first' && isFirst) || (place === 'last' && isLast)
  if (!fits) {
    const others = requested.filter((_, other) => other !== index)
    const odd = others.find(({ file }) => !isFilter(file))
    throw new NotAllowed(`'${odd?.file ?? others[0]?.file ?? ''}' at that place of a pipeline`)
  }
}
