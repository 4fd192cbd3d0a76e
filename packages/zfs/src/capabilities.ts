import type { Run } from './run.js'
import { invalidOption, stderrOf } from './zfs-error.js'

/** What is known about a zfs: `send -w` is supported, `list -p` is not. */
const learned = new WeakMap<Run, Map<string, boolean>>()

/** Record whether a zfs supports a feature. */
export function learn(run: Run, what: string, has: boolean): void {
  const known = learned.get(run) ?? new Map<string, boolean>()
  learned.set(run, known.set(what, has))
}

/** Whether a zfs supports a feature; undefined: not known yet. */
export function recall(run: Run, what: string): boolean | undefined {
  return learned.get(run)?.get(what)
}

/** zfs parses -o and -x only with a value. */
const VALUES: Readonly<Record<string, string>> = {
  o: 'z3:probe=1',
  x: 'z3:probe',
}

/**
 * Whether a zfs supports an option of `send` or `receive`. Runs the command once without a snapshot
 * name, which changes nothing: every zfs parses its options first. `zfs version` says less, and old
 * versions lack it.
 *
 * @param option a letter
 * @throws Z3Error `zfs-unavailable`, or `zfs-failed` on an unknown answer
 */
export async function hasOption(
  run: Run,
  command: 'send' | 'receive',
  option: string,
): Promise<boolean> {
  const what = `${command} -${option}`
  const known = recall(run, what)
  if (known !== undefined) return known
  const has = await probe(run, command, option)
  learn(run, what, has)
  return has
}

async function probe(run: Run, command: string, option: string): Promise<boolean> {
  const value = command === 'receive' ? VALUES[option] : undefined
  try {
    await run([command, `-${option}`, ...(value === undefined ? [] : [value])])
  } catch (error) {
    if (invalidOption(error) === option) return false
    // the startup files of a remote shell may print something first
    if (/^missing snapshot argument/m.test(stderrOf(error) ?? '')) return true
    throw error
  }
  throw new Error(`zfs ${command} -${option} succeeded without a snapshot`)
}

/**
 * Runs an action that needs options or, if this zfs lacks one of them, the alternative, and
 * remembers which.
 *
 * @param options letters
 */
export async function withOptions<T>(
  run: Run,
  command: string,
  options: string,
  attempt: () => Promise<T>,
  otherwise: () => Promise<T>,
): Promise<T> {
  const what = (option: string): string => `${command} -${option}`
  if (Array.from(options).some((option) => recall(run, what(option)) === false)) return otherwise()
  try {
    return await attempt()
  } catch (error) {
    const option = invalidOption(error)
    if (option === undefined || !options.includes(option)) throw error
    learn(run, what(option), false)
    return otherwise()
  }
}
