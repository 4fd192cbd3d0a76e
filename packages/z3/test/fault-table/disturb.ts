import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { onHost, startBinary, type BinaryResult, type IoError } from '@z3/fixtures'
import { descendants, isAlive, sendSignal } from '../children.js'
import { clockAhead, dnsErrors } from '../soak/environment.js'
import type { Hook, NetworkFault, ProxiedRequest } from '../soak/fault-proxy.js'
import type { Case, Fault, Receiver, RequestKind, Signal } from './case.js'
import type { Lane } from './lane.js'
import type { Subject } from './subject.js'

/** How a run ended. */
export interface Outcome extends BinaryResult {
  /** What was to go wrong did. */
  readonly met: boolean
  /** A process was killed without a chance to clean up, or all were. */
  readonly killed: boolean
  /** What hung, in words. */
  readonly hang: string | undefined
}

type Env = Readonly<Record<string, string>>

/** Longer than any run may take with the time-outs of a lane, on a busy machine, milliseconds. */
const PATIENCE = 180_000

const kindOf = ({ method, url }: ProxiedRequest, isCompleted: boolean): RequestKind | undefined => {
  const is = (pattern: RegExp) => pattern.test(url)
  switch (method) {
    case 'GET':
      if (is(/[?&]uploads/)) return 'list uploads'
      if (is(/[?&](list-type|prefix|delimiter)=/)) return 'list'
      if (is(/\/\.z3\//)) return 'get manifest'
      return isCompleted ? 'check' : 'get'
    case 'HEAD':
      return isCompleted ? 'check' : 'head'
    case 'POST':
      return is(/[?&]uploads/) ? 'create' : 'complete'
    case 'PUT':
      return is(/[?&]partNumber=/) ? 'part' : 'put'
    default:
      return undefined
  }
}

const PATTERNS: Partial<Record<Receiver, RegExp>> = {
  'zfs send': /^(\S*\/)?zfs send (?!-nv)/,
  'zfs receive': /^(\S*\/)?zfs receive /,
  'zstream-verify': /[ /]zstream-verify(\.js)? /,
  pigz: /^pigz /,
  age: /^age /,
  pput: /[ /]pput(\.js)? /,
  'z3-get': /[ /]z3-get(\.js)? /,
  // not the master, which carries no command
  ssh: /^(\S*\/)?ssh .* zfs (send|receive) /,
}

const REMOTE: Partial<Record<Receiver, string>> = {
  'remote zfs send': '^zfs send .*',
  'remote zfs receive': '^zfs receive .*',
}

/** A run of one case. */
export class Disturbance {
  readonly #lane: Lane
  readonly #fault: Fault
  readonly #subject: Subject
  readonly #met: string
  readonly #go: string
  #isMet = false
  #isGone = false
  #goOn: () => void = () => undefined
  readonly #released: Promise<void>

  constructor(lane: Lane, { fault }: Case, subject: Subject) {
    this.#lane = lane
    this.#fault = fault
    this.#subject = subject
    this.#met = `${lane.home}/pace/met`
    this.#go = `${lane.home}/pace/go`
    rmSync(this.#met, { force: true })
    rmSync(this.#go, { force: true })
    this.#released = new Promise((resolve) => {
      this.#goOn = resolve
    })
  }

  /** Run it, until all that it has started is gone. */
  async run(ioErrors: (error: IoError) => Env): Promise<Outcome> {
    const { env, binary, args } = this.#subject
    const fault = this.#fault
    this.#watchRequests()
    const { child, ended, stderr } = startBinary(binary, args, {
      env: { ...this.#lane.env, ...env, ...this.#environment(ioErrors) },
      detached: true,
      ...(fault.kind === 'full' && (fault.place === 'stdout' || fault.place === 'stderr')
        ? { outputs: { [fault.place]: '/dev/full' } }
        : {}),
    })
    const root = child.pid ?? 0
    const below = new Set<number>()
    const see = () => {
      for (const pid of descendants(root).keys()) below.add(pid)
    }
    const watch = setInterval(see, 100)
    let hang: string | undefined
    const limit = setTimeout(() => {
      hang = `still running: ${stderr()}`
      for (const pid of [root, ...below]) sendSignal(pid, 'SIGKILL')
    }, PATIENCE)
    const acting = this.#act(root, see).finally(() => {
      writeFileSync(this.#go, '')
      this.#goOn()
    })
    const result = await ended
    this.#isGone = true
    clearInterval(watch)
    await acting
    ageLock(root)
    const end = Date.now() + PATIENCE
    while ([...below].some(isAlive)) {
      if (Date.now() > end) {
        hang = `its children outlive it: ${result.stderr}`
        for (const pid of below) sendSignal(pid, 'SIGKILL')
        break
      }
      await sleep(20)
    }
    clearTimeout(limit)
    this.#lane.proxy.choose = undefined
    return {
      ...result,
      hang,
      met: this.#isMet || existsSync(this.#met),
      killed: fault.kind === 'signal' && fault.signal === 'SIGKILL',
    }
  }

  #environment(ioErrors: (error: IoError) => Env): Env {
    const fault = this.#fault
    const { home, full } = this.#lane
    switch (fault.kind) {
      case 'dns':
        return dnsErrors(this.#lane.proxy.endpoint, fault.from, fault.times, this.#met)
      case 'clock':
        this.#isMet = true
        return clockAhead(fault.days)
      case 'io':
        return { ...ioErrors(fault.error), FAULT_MET: this.#met }
      case 'full':
        this.#isMet = true
        if (fault.place === 'cache') return { XDG_CACHE_HOME: full }
        if (fault.place === 'state') return { XDG_STATE_HOME: full }
        if (fault.place === 'temporary files') return { TMPDIR: `${full}/tmp` }
        return {}
      case 'no server':
        this.#isMet = true
        return { S3_ENDPOINT: 'http://127.0.0.1:9' }
      case 'signal':
      case 'deed': {
        const { moment } = fault
        if (!('bytes' in moment)) return {}
        return {
          PATH: `${home}/pace:${this.#lane.env['PATH'] ?? ''}`,
          // not the estimate: send -n
          PACE: moment.at === 'zfs send' ? 'send @([!-]|-[!n])*' : 'receive *',
          PACE_SIDE: moment.at === 'zfs send' ? 'out' : 'in',
          PACE_BYTES: String(moment.bytes),
          PACE_DIR: `${home}/pace`,
        }
      }
      case 'network':
      case 'nothing':
        return {}
    }
  }

  /** The requests of the moment, and those that meet a fault of the network. */
  #watchRequests(): void {
    const fault = this.#fault
    let isCompleted = false
    let nth = 0
    let done = 0
    this.#lane.proxy.choose = (what): NetworkFault | Hook | undefined => {
      const kind = kindOf(what, isCompleted)
      if (kind === 'complete') isCompleted = true
      if (fault.kind === 'network' && fault.at === kind && done < fault.times) {
        done += 1
        this.#isMet = true
        return fault.fault
      }
      if (fault.kind !== 'signal' && fault.kind !== 'deed') return undefined
      const { moment } = fault
      if ('bytes' in moment || moment.at !== kind) return undefined
      nth += 1
      if (nth - 1 !== moment.nth) return undefined
      const hold = () => {
        writeFileSync(this.#met, '')
        return this.#released
      }
      return { [moment.when]: hold }
    }
  }

  /** Wait for the moment, and do what is to be done then. */
  async #act(root: number, see: () => void): Promise<void> {
    const fault = this.#fault
    if (fault.kind !== 'signal' && fault.kind !== 'deed') return
    while (!existsSync(this.#met)) {
      if (this.#isGone) return
      await sleep(20)
    }
    rmSync(this.#met)
    see()
    if (fault.kind === 'deed') {
      await this.#subject.deeds[fault.deed]?.()
      this.#isMet = fault.deed in this.#subject.deeds
      return
    }
    const { signal, to } = fault
    if (to.startsWith('remote')) {
      this.#isMet = await this.#signalRemote(to, signal)
      await sleep(200)
      return
    }
    const pid = await this.#find(root, to)
    if (pid === undefined) return
    this.#isMet = sendSignal(pid, signal)
    // it goes on where it was held when the signal has had its effect
    for (let i = 0; i < 25 && isAlive(Math.abs(pid)); i += 1) await sleep(20)
  }

  /** A program may be about to start. */
  async #find(root: number, to: Receiver): Promise<number | undefined> {
    if (to === 'program') return root
    if (to === 'job') return -root
    const pattern = PATTERNS[to]
    for (let i = 0; i < 500 && pattern; i += 1) {
      const found = [...descendants(root)].find(([, line]) => pattern.test(line))
      if (found) return found[0]
      if (this.#isGone) return undefined
      await sleep(20)
    }
    return undefined
  }

  async #signalRemote(to: Receiver, signal: Signal): Promise<boolean> {
    const { there } = this.#lane
    const pattern = REMOTE[to] ?? '^zfs .*'
    // with the name of the dataset, since other cases run beside this one
    const { code } = await onHost(
      there.host,
      `"$RUN" sh -c 'for d in /proc/[0-9]*; do
         tr "\\0" " " < "$d/cmdline" 2> /dev/null | grep -qE "$1$2" || continue
         pid=\${d#/proc/}
         [ "$3" = no ] || pid=$(sed -n "s/^PPid:\\s*//p" "$d/status")
         kill -s "$4" "$pid" && exit 0
       done; exit 1' sh "$PATTERN" "$DATASET" "$PARENT" "$SIGNAL"`,
      {
        PATTERN: pattern,
        DATASET: this.#lane.thereRoot,
        PARENT: to === 'remote sshd' ? 'yes' : 'no',
        SIGNAL: signal.slice(3),
      },
    )
    return code === 0
  }
}

/**
 * The lock of a run that was killed is taken over once it was not touched for ten
 * seconds: make it look older, so that the next run need not wait.
 */
const ageLock = (pid: number): void => {
  const directory = '/run/z3'
  if (!existsSync(directory)) return
  for (const name of readdirSync(directory).filter((file) => !file.endsWith('.lock'))) {
    try {
      const owner = JSON.parse(readFileSync(`${directory}/${name}`, 'utf8')) as { pid?: number }
      if (owner.pid === pid) utimesSync(`${directory}/${name}.lock`, 0, 0)
    } catch {
      // another run's, which is just being written, or was released
    }
  }
}
