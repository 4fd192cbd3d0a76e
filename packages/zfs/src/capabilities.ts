import type { Run } from './run.js'
import { invalidOption, stderrOf } from './zfs-error.js'

/** What has been learned of a zfs: `send -w` is there, `list -p` is not. */
const learned = new WeakMap<Run, Map<string, boolean>>()

/** Remember whether a zfs has something. */
export function learn(run: Run, what: string, has: boolean): void {
  const known = learned.get(run) ?? new Map<string, boolean>()
  learned.set(run, known.set(what, has))
}

/** Whether a zfs has something, as far as we know. */
export function recall(run: Run, what: string): boolean | undefined {
  return learned.get(run)?.get(what)
}

/** -o and -x want a value before they are believed. */
const VALUES: Readonly<Record<string, string>> = {
  o: 'z3:probe=1',
  x: 'z3:probe',
}

/**
 * Whether a zfs knows an option of `send` or `receive`. It is asked once, by
 * the command without the name of a snapshot, which changes nothing: every zfs
 * reads its options first. `zfs version` would tell less, and is not on old
 * ones.
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
    // the start-up files of a remote shell may have said something before
    if (/^missing snapshot argument/m.test(stderrOf(error) ?? '')) return true
    throw error
  }
  throw new Error(`zfs ${command} -${option} succeeded without a snapshot`)
}

/**
 * Do something that needs options, or, where this zfs lacks one of them, the
 * other thing, now and from then on.
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
