import { Writable } from 'node:stream'
import { spawnSync } from 'node:child_process'
import { openSync, closeSync, existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { watchOutput } from '../src/watch-output.js'

/** A stream that takes nothing, for a reason. */
const broken = (code: string) =>
  new Writable({
    write: (_chunk, _encoding, done) => {
      done(Object.assign(new Error(`${code}: no`), { code }))
    },
  })

void t.test('all of it is taken, in order, before it is settled', async (t) => {
  const taken: string[] = []
  const slow = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      setImmediate(() => {
        taken.push(chunk.toString())
        done()
      })
    },
  })
  const output = watchOutput(slow)
  output.write('a')
  output.write('b')
  t.same(taken, [])
  t.equal(await output.settled(), undefined)
  t.same(taken, ['a', 'b'])
})

void t.test('what cannot be written is an error, in the end', async (t) => {
  for (const [code, message] of [
    ['ENOSPC', 'no space left for the results'],
    ['EIO', 'cannot write the results: EIO: no'],
  ] as const) {
    const output = watchOutput(broken(code))
    output.write('a')
    output.write('b')
    t.match(await output.settled(), { exitStatus: 1, message })
  }
})

void t.test('a stream that throws', async (t) => {
  const stream = Object.assign(broken('EIO'), {
    write: () => {
      throw Object.assign(new Error('at once'), { code: 'EIO' })
    },
  })
  const output = watchOutput(stream)
  output.write('a')
  t.match(await output.settled(), { message: /at once$/ })
})

void t.test('a reader that has left wants no more', async (t) => {
  const output = watchOutput(broken('EPIPE'))
  output.write('a')
  t.equal(await output.settled(), undefined)
})

const FULL = '/dev/full'
const skip = existsSync(FULL) ? false : `no ${FULL}`
void t.test('a program and a full disk', { skip }, (t) => {
  const pput = fileURLToPath(new URL('../../pput/bin/pput.js', import.meta.url))
  const full = openSync(FULL, 'w')
  const { status, stderr } = spawnSync(process.execPath, [pput, '--help'], {
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
  })
  closeSync(full)
  t.equal(status, 1)
  t.match(stderr, /^pput: no space left for the results\nhint: /)
  t.end()
})
