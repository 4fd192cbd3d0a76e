import t from 'tap'
import { hasOption, withOptions } from '../src/capabilities.js'
import { zfsError } from '../src/zfs-error.js'
import { fakeZfs } from './fake-zfs.js'

const usage = 'usage:\n\tsend [-RDp] [-[iI] snapshot] <snapshot>\n'
const missing = { stderr: `missing snapshot argument\n${usage}`, code: 2 }
const invalid = (letter: string) => ({
  stderr: `invalid option '${letter}'\n${usage}`,
  code: 2,
})

void t.test('an option is asked for once', async (t) => {
  const { run, calls } = fakeZfs({
    'send -w': missing,
    'send -c': invalid('c'),
    'receive -o z3:probe=1': missing,
    'receive -x z3:probe': invalid('x'),
    'receive -s': missing,
  })
  for (const time of ['first', 'second']) {
    t.equal(await hasOption(run, 'send', 'w'), true, time)
    t.equal(await hasOption(run, 'send', 'c'), false, time)
    t.equal(await hasOption(run, 'receive', 'o'), true, time)
    t.equal(await hasOption(run, 'receive', 'x'), false, time)
    t.equal(await hasOption(run, 'receive', 's'), true, time)
  }
  t.strictSame(calls, [
    'send -w',
    'send -c',
    'receive -o z3:probe=1',
    'receive -x z3:probe',
    'receive -s',
  ])
})

void t.test('lines of a remote shell do not matter', async (t) => {
  const around = ({ stderr, code }: typeof missing) => ({
    stderr: `stdin: is not a tty\n${stderr}logout\n`,
    code,
  })
  const { run } = fakeZfs({
    'send -w': around(missing),
    'send -c': around(invalid('c')),
  })
  t.equal(await hasOption(run, 'send', 'w'), true)
  t.equal(await hasOption(run, 'send', 'c'), false)
})

void t.test('what is learned is of one zfs', async (t) => {
  const old = fakeZfs({ 'send -w': invalid('w') })
  const other = fakeZfs({ 'send -w': missing })
  t.equal(await hasOption(old.run, 'send', 'w'), false)
  t.equal(await hasOption(other.run, 'send', 'w'), true)
})

void t.test('no answer is none', async (t) => {
  const { run } = fakeZfs({
    'send -w': { stderr: 'The ZFS modules are not loaded.\n' },
    'send -L': { stderr: 'what?\n' },
    'send -e': '',
  })
  await t.rejects(hasOption(run, 'send', 'w'), { code: 'zfs-unavailable' })
  await t.rejects(hasOption(run, 'send', 'L'), { code: 'zfs-failed' })
  await t.rejects(hasOption(run, 'send', 'e'), /succeeded without a snapshot/)
})

void t.test('the other way, once it is known', async (t) => {
  const { run } = fakeZfs({})
  const done: string[] = []
  const list = (letter: string) =>
    withOptions(
      run,
      'list',
      'p',
      () => {
        done.push('attempt')
        return Promise.reject(
          zfsError({
            args: ['list'],
            ...invalid(letter),
            signal: null,
            user: 'root',
          }),
        )
      },
      () => {
        done.push('other')
        return Promise.resolve('other')
      },
    )
  await t.rejects(list('d'), { message: /invalid option 'd'/ }, 'another one')
  t.strictSame(done.splice(0), ['attempt'])
  t.equal(await list('p'), 'other')
  t.strictSame(done.splice(0), ['attempt', 'other'])
  t.equal(await list('p'), 'other')
  t.strictSame(done, ['other'])
  t.equal(await hasOption(run, 'send', 'p').catch(() => 'asked'), 'asked')
})
