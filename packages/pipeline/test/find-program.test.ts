import { chmodSync } from 'node:fs'
import { Z3Error } from '@z3/core'
import t from 'tap'
import { checkPrograms, findProgram } from '../src/index.js'

void t.test('where a program is', (t) => {
  const dir = t.testdir({
    one: { prog: '#!/bin/sh\n', plain: 'text', dir: {} },
    two: { prog: '#!/bin/sh\n', plain: '#!/bin/sh\n' },
  })
  for (const file of ['one/prog', 'two/prog', 'two/plain']) {
    chmodSync(`${dir}/${file}`, 0o755)
  }
  const env = { PATH: `${dir}/none:${dir}/one:${dir}/two` }
  t.equal(findProgram('prog', env), `${dir}/one/prog`)
  t.equal(findProgram('plain', env), `${dir}/two/plain`, 'not executable')
  t.equal(findProgram('dir', env), undefined, 'a directory')
  t.equal(findProgram('prog-2', env), undefined)
  t.equal(findProgram('', env), undefined)
  t.equal(findProgram(`${dir}/two/prog`, env), `${dir}/two/prog`)
  t.equal(findProgram(`${dir}/one/plain`, env), undefined)
  t.end()
})

void t.test('the PATH of the caller counts, not ours', (t) => {
  t.equal(findProgram('sh', { PATH: '/nonexistent' }), undefined)
  t.equal(findProgram('sh', {}), '/bin/sh', 'what execvp takes without one')
  t.end()
})

void t.test('all that are missing are named at once', (t) => {
  const env = { PATH: '/usr/bin:/bin' }
  const command = (file: string) => ({ file, args: [] })
  checkPrograms([command('sh'), command('cat')], env)
  try {
    checkPrograms(['no-zfs', 'cat', 'no-pigz', 'no-zfs', '/no/pput'].map(command), env)
    t.fail('it did not throw')
  } catch (error) {
    t.ok(error instanceof Z3Error)
    t.match(error, {
      code: 'program-missing',
      message: "no such programs: 'no-zfs', 'no-pigz', '/no/pput'",
      hint: 'Install them, or check PATH, which is short in cron: /usr/bin:/bin',
    })
  }
  t.throws(
    () => {
      checkPrograms([command('no-pigz')], {})
    },
    {
      message: "no such program: 'no-pigz'",
      hint: 'Install it, or check PATH, which is short in cron: it is not set',
    },
  )
  t.end()
})
