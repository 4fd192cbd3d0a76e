import { readdirSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { runBinary, type IoError } from '@z3/fixtures'
import type { Case } from './case.js'
import { Disturbance, type Outcome } from './disturb.js'
import type { Lane } from './lane.js'
import type { Subject } from './subject.js'

export const BREACHES = [
  'false success',
  'lost',
  'damaged',
  'untold',
  'orphan',
  'hang',
  'needless failure',
  'stuck',
  'litter',
  'bad message',
  'not met',
] as const

export type Breach = (typeof BREACHES)[number]

export interface Finding {
  readonly breach: Breach
  readonly what: string
}

/** How long a `zfs receive` that has lost its input may take to be undone, in steps of 100 ms. */
const UNDOING = 100

/**
 * Faults that may leave something on this host that a next run stumbles over. What another program
 * has done is not the next run's to repair.
 */
const LASTING: readonly Case['fault']['kind'][] = ['signal', 'full', 'io']

type There = ReadonlyMap<string, string>

/**
 * Run a case and check the law after it. Success: all that is wanted is there and whole.
 * Failure: everything is as it was, or what is there is whole and was reported. In either case
 * nothing that was there is lost, nothing pends once it was cleaned up after, nothing hangs,
 * and the next run succeeds.
 */
export const tryCase = async (
  lane: Lane,
  one: Case,
  subject: Subject,
  ioErrors: (error: IoError) => Readonly<Record<string, string>>,
): Promise<{ readonly outcome: Outcome; readonly findings: readonly Finding[] }> => {
  await subject.reset()
  const before = await subject.look()
  const outcome = await new Disturbance(lane, one, subject).run(ioErrors)
  const findings: Finding[] = []
  const find = (breach: Breach, what: string) => findings.push({ breach, what })
  if (outcome.hang !== undefined) find('hang', outcome.hang)
  if (!outcome.met && one.fault.kind !== 'nothing' && !one.mayMiss) find('not met', said(outcome))
  if (one.mends && outcome.code !== 0) find('needless failure', said(outcome))
  for (const what of badMessages(one, outcome)) find('bad message', what)

  let broken = await compare(one, subject, before, outcome)
  for (let i = 0; i < UNDOING && broken.length > 0 && outcome.code !== 0; i += 1) {
    await sleep(100)
    broken = await compare(one, subject, before, outcome)
  }
  findings.push(...broken)

  const left = readdirSync(`${lane.home}/tmp`)
  if (left.length > 0 && !outcome.killed) find('litter', left.join(' '))
  for (const name of left) rmSync(`${lane.home}/tmp/${name}`, { recursive: true })
  for (const what of await subject.pending()) find('orphan', `${what}: ${said(outcome)}`)

  if (!LASTING.includes(one.fault.kind) || findings.length > 0) return { outcome, findings }
  const { binary, args, env } = subject
  await subject.relieve?.()
  const again = await runBinary(binary, args, { env: { ...lane.env, ...env } })
  if (again.code !== 0) find('stuck', `${said(outcome)}; the next run: ${said(again)}`)
  else {
    const next = { ...outcome, ...again }
    for (const { what } of await compare(one, subject, before, next)) {
      find('stuck', `after the next run: ${what}`)
    }
    for (const what of await subject.pending()) find('orphan', `${what} after the next run`)
  }
  return { outcome, findings }
}

/** What is there, against what the run says. */
const compare = async (
  one: Case,
  subject: Subject,
  before: There,
  outcome: Outcome,
): Promise<readonly Finding[]> => {
  const findings: Finding[] = []
  const after = await subject.look()
  const succeeded = outcome.code === 0
  const byOthers = one.fault.kind === 'deed'
  for (const [name, identity] of before) {
    const isThere =
      after.get(name) === identity ||
      (subject.renames === true && [...after.values()].includes(identity))
    if (isThere || byOthers || (subject.replaced?.includes(name) && after.has(name))) continue
    findings.push({ breach: 'lost', what: `${name} is not what it was: ${said(outcome)}` })
  }
  for (const [name, identity] of after) {
    // what stands after a failure may be another program's
    if (before.get(name) === identity || (byOthers && !succeeded)) continue
    const damage = await subject.damage(name)
    if (damage !== undefined) {
      const breach = succeeded ? 'false success' : 'damaged'
      findings.push({ breach, what: `${name}: ${damage}: ${said(outcome)}` })
    } else if (!succeeded && !subject.mayStand(name, outcome)) {
      findings.push({ breach: 'untold', what: `${name} is there: ${said(outcome)}` })
    }
  }
  if (succeeded) {
    for (const name of subject.wanted) {
      if (after.has(name) || byOthers) continue
      findings.push({ breach: 'false success', what: `${name} is not there: ${said(outcome)}` })
    }
  }
  return findings
}

/** A failure says why, in a line, and nothing is said of the program itself. */
const badMessages = ({ fault }: Case, outcome: Outcome): readonly string[] => {
  const { code, signal, stderr } = outcome
  if (/internal error|^ +at \S+ \(|UnhandledPromise|ERR_[A-Z_]+/m.test(stderr))
    return [said(outcome)]
  const isSilent = fault.kind === 'full' && fault.place === 'stderr'
  if (code === 0 || signal !== null || isSilent) return []
  return /^z3(-ssh-sync)?: \S/m.test(stderr) ? [] : [said(outcome)]
}

const said = ({
  code,
  signal,
  stdout,
  stderr,
}: Pick<Outcome, 'code' | 'signal' | 'stdout' | 'stderr'>) =>
  `${String(signal ?? code)}: ${stderr.trim()} ${String(stdout).trim()}`.trim()
