import type { Command } from '@z3/core'
import { allowFilter, FILTER_NAMES, isFilter } from './allow-filter.js'
import { allowZfs } from './allow-zfs.js'
import type { Requested } from './grammar.js'
import { NotAllowed, type Policy } from './policy.js'

/** The action for an allowed request. */
export type Allowed =
  /** `token`: call `checkToken` first. */
  | {
      readonly kind: 'run'
      readonly commands: readonly Command[]
      readonly token: string | undefined
      /** The input of the last command passes `checkStream`. */
      readonly checked: boolean
    }
  /** Print the path of a program, as `command -v` does. */
  | { readonly kind: 'find'; readonly program: string }

/** Programs that a client may look up. */
const FINDABLE = ['zfs', ...FILTER_NAMES]

/**
 * Check a request: one of the few queries about the host, or `zfs` with filters after the sending
 * or before the receiving command.
 *
 * @throws NotAllowed
 */
export function allow(requested: readonly Requested[], policy: Policy): Allowed {
  const [only, ...others] = requested
  if (!policy.sudo && requested.some(({ sudo }) => sudo)) {
    throw new NotAllowed("'sudo' (serve runs without --sudo)")
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
    // sudoers may contain only zfs, and zfs is what will run
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

/** A stream flows from `zfs send` or into `zfs receive`. */
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
    throw new NotAllowed(`'${odd?.file ?? others[0]?.file ?? ''}' at this position in a pipeline`)
  }
}
