import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { until } from '@z3/fixtures'
import t from 'tap'
import { bytesRead } from '../src/progress/meter.js'

void t.test(
  'what a process has read',
  { skip: existsSync('/proc/self/io') ? false : 'no /proc/PID/io' },
  async (t) => {
    const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] })
    const pid = child.pid ?? 0
    const before = (await bytesRead(pid)) ?? NaN
    child.stdin.write(Buffer.alloc(1_000_000))
    await until(
      'it has read everything',
      async () => ((await bytesRead(pid)) ?? 0) >= before + 1_000_000,
    )
    const ended = new Promise((resolve) => child.on('exit', resolve))
    child.stdin.end()
    await ended
    t.equal(await bytesRead(pid), undefined, 'it has ended')
  },
)

void t.test('no such process', async (t) => {
  t.equal(await bytesRead(2 ** 30), undefined)
})
