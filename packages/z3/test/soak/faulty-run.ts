import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { runBinary, startBinary, type BinaryResult } from '@z3/fixtures'
import { descendants, isAlive, sendSignal } from '../children.js'
import { clockAhead, dnsErrors } from './environment.js'
import type { FaultProxy } from './fault-proxy.js'
import { NETWORK_FAULTS } from './fault-proxy.js'
import type { Tally } from './tally.js'

/** What goes wrong with one run. */
export type Plan =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'network'
      readonly fault: (typeof NETWORK_FAULTS)[number]
      /** From this request on that it fits to, so many of them. */
      readonly from: number
      readonly times: number
    }
  | { readonly kind: 'dns'; readonly from: number; readonly times: number }
  | { readonly kind: 'clock'; readonly days: number }
  | {
      readonly kind: 'signal'
      readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'
      /** Milliseconds from the start, or from the moment when it has started a program. */
      readonly after: number
      readonly withChildren: boolean
      /** Which of the processes of the run, 0 to below 1. */
      readonly which: number
    }

export interface Ended extends BinaryResult {
  /** Nothing went wrong from outside. */
  readonly undisturbed: boolean
  /** A process of the run was killed without a chance to clean up. */
  readonly killed: boolean
}

/** Longer than any run may take with the time-outs of a soak, on a busy machine, milliseconds. */
const PATIENCE = 240_000

export const choosePlan = (below: (bound: number) => number): Plan => {
  const pick = below(11)
  if (pick < 2) return { kind: 'nothing' }
  if (pick < 7) {
    return {
      kind: 'network',
      fault: NETWORK_FAULTS[below(NETWORK_FAULTS.length)] ?? 'connection reset',
      from: below(8),
      times: below(3) === 0 ? Infinity : 1 + below(3),
    }
  }
  if (pick === 7) {
    if (below(3) === 0) return { kind: 'clock', days: below(2) === 0 ? 1 : -1 }
    return { kind: 'dns', from: below(4), times: below(3) === 0 ? Infinity : 1 + below(3) }
  }
  return {
    kind: 'signal',
    signal: (['SIGINT', 'SIGTERM', 'SIGKILL'] as const)[below(3)] ?? 'SIGKILL',
    after: below(2000),
    withChildren: below(3) > 0,
    which: below(1000) / 1000,
  }
}

/** Run a binary while something goes wrong, until all that it has started is gone. */
export const runFaulty = async (
  binary: Parameters<typeof runBinary>[0],
  args: readonly string[],
  options: Parameters<typeof runBinary>[2],
  plan: Plan,
  {
    proxy,
    tally,
    home,
  }: { readonly proxy: FaultProxy; readonly tally: Tally; readonly home: string },
): Promise<Ended> => {
  // runs may be at work side by side
  const met = `${home}/met-${String((runs += 1))}`
  const what = [binary, ...args].join(' ')
  const before = new Map(proxy.done)
  if (plan.kind === 'network') {
    let nth = 0
    proxy.choose = () => {
      nth += 1
      return nth > plan.from && doneSince(proxy, before) < plan.times ? plan.fault : undefined
    }
  }
  const { child, ended, stderr } = startBinary(binary, args, {
    ...options,
    env: { ...options?.env, ...environmentOf(plan, proxy, met) },
    detached: true,
  })
  const root = child.pid ?? 0
  const below = new Set<number>()
  const watch = setInterval(() => {
    for (const pid of descendants(root).keys()) below.add(pid)
  }, 100)
  let isOver = false
  const signal = async (): Promise<NodeJS.Signals | undefined> => {
    if (plan.kind !== 'signal') return undefined
    while (plan.withChildren && !isOver && below.size === 0) await sleep(20)
    await sleep(plan.after)
    const pids = [root, ...descendants(root).keys()]
    const pid = pids[Math.floor(plan.which * pids.length)] ?? root
    if (isOver || !sendSignal(pid, plan.signal)) return undefined
    tally.fault(`${plan.signal} to ${pid === root ? binary : 'a child'}`)
    return plan.signal
  }
  const disturbing = signal()
  const hang = setTimeout(() => {
    tally.breach('hang', `${what}: still running; ${stderr()}`)
    for (const pid of [root, ...below]) sendSignal(pid, 'SIGKILL')
  }, PATIENCE)
  const result = await ended
  isOver = true
  clearInterval(watch)
  // what it leaves behind would change the world while we look at it
  const end = Date.now() + PATIENCE
  while ([...below].some(isAlive)) {
    if (Date.now() > end) {
      tally.breach('hang', `${what}: its children outlive it; ${result.stderr}`)
      for (const pid of below) sendSignal(pid, 'SIGKILL')
      break
    }
    await sleep(50)
  }
  clearTimeout(hang)
  proxy.choose = undefined
  const sent = await disturbing
  for (const [fault, times] of proxy.done) {
    const more = times - (before.get(fault) ?? 0)
    if (more > 0) tally.fault(fault, more)
  }
  const hasNoNames = existsSync(met)
  if (hasNoNames) tally.fault('names that are not resolved')
  if (plan.kind === 'clock') tally.fault('a clock that is a day off')
  return {
    ...result,
    killed: sent === 'SIGKILL',
    undisturbed: sent === undefined && doneSince(proxy, before) === 0 && !hasNoNames,
  }
}

let runs = 0

const environmentOf = (plan: Plan, { endpoint }: FaultProxy, met: string) => {
  if (plan.kind === 'dns') return dnsErrors(endpoint, plan.from, plan.times, met)
  return plan.kind === 'clock' ? clockAhead(plan.days) : {}
}

const doneSince = (proxy: FaultProxy, before: ReadonlyMap<string, number>): number =>
  [...proxy.done].reduce((sum, [fault, times]) => sum + times - (before.get(fault) ?? 0), 0)
