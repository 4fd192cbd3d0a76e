import { progressOutput, type Arguments, type Io } from '@z3/cli'
import { createTransfers, type Transfers, type TransfersOptions } from '@z3/pipeline'
import { PoolEndpoint } from '@z3/replicate'
import {
  zfsPath,
  limitWords,
  wordsLimit,
  type Host,
  type Run,
  type SshAddress,
  formatSshAddress,
  localHost,
  sshHost,
} from '@z3/zfs'
import type { Options } from './options/command-line.js'
import { Log } from './log.js'
import type { AutobackupOptions } from './options/options.js'

/** Shared by all parts of a run. */
export interface World {
  readonly options: AutobackupOptions
  readonly log: Log
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  /** Undefined: with --test. */
  readonly transfers: Transfers | undefined
  /** Options of `transfers`, to create further ones; undefined with --test. */
  readonly transfersOptions: TransfersOptions | undefined
  readonly io: Io
  /** --json: standard output has the report only. */
  readonly isJson: boolean
  /** Progress is shown, so sizes are worth a command. */
  readonly estimates: boolean
  /** Clock of the thinner, epoch seconds: the same for the whole run. */
  readonly now: number
  /** --debug: the first failed dataset ends the run. */
  readonly stopsAtFirst: boolean
}

/** Create the environment of a run. */
export function createWorld(args: Arguments<Options>, options: AutobackupOptions, io: Io): World {
  const env = { ...io.env, PATH: zfsPath(io.env) }
  const isTerminal = io.isTerminal(2)
  const plain = (io.env['NO_COLOR'] ?? '') !== ''
  const log = new Log({
    out: (text) => (args.json ? io.stderr : io.stdout).write(text),
    err: (text) => io.stderr.write(text),
    entry: io.stderr.log,
    verbose: args.verbose === true || options.test,
    debug: args.debug === true || args['debug-output'] === true,
    outColour: !plain && io.isTerminal(args.json ? 2 : 1),
    errColour: !plain && isTerminal,
  })
  const when = args['no-progress'] ? 'none' : args.progress ? 'always' : 'auto'
  const progress = progressOutput(when, io, 'z3-autobackup')
  const transfersOptions = options.test
    ? undefined
    : {
        ...{ env, progress, status: io.status },
        verbose: false,
        say: (line: string) => {
          log.note(line)
        },
        tell: (line: string) => {
          log.debug(line)
        },
      }
  return {
    options,
    log,
    env,
    signal: io.signal,
    // the number of streams is known later
    transfers: transfersOptions && createTransfers(transfersOptions, undefined),
    transfersOptions,
    io,
    isJson: args.json === true,
    estimates: (progress ?? io.status) !== undefined,
    now: Math.trunc(Date.now() / 1000),
    stopsAtFirst: args.debug === true,
  }
}

/** A side of a run: the source, or one of the targets. */
export type Side = PoolEndpoint

/** Open a side of a run. Connects only once to each host. */
export type Open = (label: string, ssh: SshAddress | undefined) => Promise<Side>

/** Counters of a run. */
export interface Counts {
  /** zfs commands on all sides, without transfers. */
  zfs: number
}

/** Create a side on a host: its commands are counted, and shown with --debug. */
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

/** The hosts of a run, each connected once, all closed together. */
export class Hosts {
  readonly #config: string | undefined
  readonly #here: Parameters<typeof sshHost>[2]
  readonly #hosts = new Map<string, Promise<Host>>()

  constructor(config: string | undefined, here: Parameters<typeof sshHost>[2]) {
    this.#config = config
    this.#here = here
  }

  /**
   * @param ssh undefined: this host
   * @throws Z3Error as sshHost
   */
  open(ssh: SshAddress | undefined): Promise<Host> {
    const name = ssh ? formatSshAddress(ssh) : ''
    const open =
      this.#hosts.get(name) ??
      (ssh
        ? sshHost(ssh, { config: this.#config }, this.#here)
        : Promise.resolve(localHost(this.#here)))
    this.#hosts.set(name, open)
    return open
  }

  async close(): Promise<void> {
    for (const opening of this.#hosts.values()) {
      // a failed connection was reported and has nothing to close
      const host = await opening.catch(() => undefined)
      await host?.close()
    }
  }
}
