import { PoolEndpoint } from '@z3/replicate'
import { limitWords, wordsLimit, type Host, type Run, type SshTarget } from '@z3/zfs'
import type { Log } from './log.js'

/** One of the two sides of a run, or of several targets one. */
export type Side = PoolEndpoint

/** Open a side of a run: the same host is connected to once. */
export type Open = (label: string, target: SshTarget | undefined) => Promise<Side>

/** What a run has counted. */
export interface Counts {
  /** Commands of zfs on either side, without those of transfers. */
  zfs: number
}

/** Make a side of a host: its commands are counted, and shown with --debug. */
export function openSide(
  label: string,
  host: Host,
  {
    log,
    test,
    counts,
    showAnswers,
  }: {
    readonly log: Log
    readonly test: boolean
    readonly counts: Counts
    readonly showAnswers: boolean
  },
): Side {
  const read: Run = async (args, options) => {
    counts.zfs += 1
    log.command(label, host, args)
    const answer = await host.run(args, options)
    if (showAnswers) for (const line of lines(answer)) log.debug(`> ${line}`)
    return answer
  }
  limitWords(read, wordsLimit(host.run))
  const show: Run = (args) => {
    log.command(`${label} not run:`, host, args)
    return Promise.resolve('')
  }
  return new PoolEndpoint(host, { label, read, change: test ? show : read })
}

function lines(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}
