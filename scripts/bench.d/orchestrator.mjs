// What a process cost by itself, without its children, seen from outside
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { run, start } from './processes.mjs'

// sleep takes the shell's place and waits for no child: the program stays a
// zombie, whose times the kernel keeps apart from those of its own children
const KEEPER = `
"$@" 3>&- & echo "$!" >&3
exec sleep infinity < /dev/null > /dev/null 2>&1 3>&-
`

const LOOK = 50

const stat = async (pid) => {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8')
  // the second field may hold anything; what follows begins with the third
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const number = (field) => Number(fields[field - 3])
  return {
    state: fields[0],
    ticks: number(14) + number(15),
    // as of waitpid(2)
    status: number(52),
  }
}

/** The most memory it has had so far, MiB; undefined when it has ended. */
const peak = async (pid) => {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kib = /^VmHWM:\s*(\d+) kB/m.exec(text)?.[1]
  return kib === undefined ? undefined : Number(kib) / 1024
}

/**
 * Run a program to its end.
 *
 * @returns its standard output, wall seconds, and of the process alone: CPU
 *   seconds (user and system, all threads), and the most memory in MiB
 */
export const measureAlone = async (command, args, options) => {
  const perSecond = Number((await run('getconf', ['CLK_TCK'])).stdout)
  const keeper = start('/bin/sh', ['-c', KEEPER, 'sh', command, ...args], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const closed = once(keeper, 'close')
  const [, stdout, stderr, answer] = keeper.stdio
  const output = { stdout: '', stderr: '' }
  stdout.on('data', (chunk) => (output.stdout += chunk))
  stderr.on('data', (chunk) => (output.stderr += chunk))
  const began = performance.now()
  const [pid] = String((await once(answer, 'data'))[0]).split('\n')
  // sleep has let go of the other ends
  const ended = once(stdout, 'end').then(() => performance.now())
  let rss = 0
  let last = await stat(pid)
  while (last.state !== 'Z') {
    rss = (await peak(pid)) ?? rss
    await sleep(LOOK)
    last = await stat(pid)
  }
  const wall = ((await ended) - began) / 1000
  keeper.kill()
  await closed
  if (last.status !== 0) {
    throw new Error(`${command} ${args.join(' ')}: status ${last.status}\n${output.stderr}`)
  }
  return { stdout: output.stdout, wall, cpu: last.ticks / perSecond, rss }
}
