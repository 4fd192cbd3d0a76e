import { withOptions } from './capabilities.js'
import type { Run } from './run.js'
import { sendArguments, type SendRequest } from './send-command.js'

/**
 * How long a stream will be, as zfs estimates it; nothing is sent. It needs no
 * permission, so that it tells nothing of whether the send has it.
 *
 * @returns bytes; undefined where this zfs cannot tell
 * @throws Z3Error as `zfsError` has it, `no-such-snapshot` for one
 */
export async function estimateSend(run: Run, request: SendRequest): Promise<number | undefined> {
  const text = await withOptions(
    run,
    'send',
    'nP',
    // old ones print it to stderr
    () => run(['send', '-nvP', ...sendArguments(request)], { withStderr: true }),
    () => Promise.resolve(''),
  )
  const size = Number(/^size\t(\d+)$/m.exec(text)?.[1])
  return Number.isSafeInteger(size) ? size : undefined
}
