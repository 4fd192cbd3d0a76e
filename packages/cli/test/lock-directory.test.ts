import { chmodSync, chownSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import t from 'tap'
import { findLockDirectory, lockDirectory, lockPlaces } from '../src/lock-directory.js'

/** mkdir, but for paths that begin so. */
const refusing = (code: string, path: string) => async (wanted: string) => {
  if (!wanted.startsWith(path)) return mkdir(wanted, { mode: 0o700 })
  throw Object.assign(new Error(`${code}: ${wanted}`), { code })
}

void t.test("root's locks are where nobody else can write", (t) => {
  t.equal(lockPlaces(0)[0], '/run/z3')
  t.strictSame(lockPlaces(7), ['/run/lock/z3-7', '/var/run/z3-7', '/tmp/z3-7'])
  t.end()
})

void t.test('the first place that can be used', async (t) => {
  const dir = t.testdir({})
  const places = [`${dir}/a`, `${dir}/b`]
  t.equal(await lockDirectory(places), `${dir}/a`)
  t.equal(statSync(`${dir}/a`).mode & 0o777, 0o700)
  t.equal(await lockDirectory(places), `${dir}/a`, 'again')
  for (const code of ['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR']) {
    const make = refusing(code, `${dir}/a`)
    t.equal(await lockDirectory(places, make), `${dir}/b`, code)
  }
  await t.rejects(lockDirectory(places, refusing('EACCES', dir)), {
    message: `EACCES: ${dir}/a`,
  })
  // a second run must not use another place for want of room
  await t.rejects(lockDirectory(places, refusing('ENOSPC', `${dir}/a`)), {
    code: 'ENOSPC',
  })
})

void t.test('what is not ours is passed over', async (t) => {
  const dir = t.testdir({ file: '', link: t.fixture('symlink', 'mine') })
  mkdirSync(`${dir}/mine`)
  mkdirSync(`${dir}/open`)
  chmodSync(`${dir}/open`, 0o777)
  const places = [`${dir}/file`, `${dir}/link`, `${dir}/open`]
  if (process.getuid?.() === 0) {
    mkdirSync(`${dir}/foreign`)
    chownSync(`${dir}/foreign`, 12_345, 0)
    places.push(`${dir}/foreign`)
  }
  t.equal(await lockDirectory([...places, `${dir}/good`]), `${dir}/good`)
  await t.rejects(lockDirectory(places), {
    message: `${dir}/file is not a directory that only this user can write to`,
  })
})

void t.test('the same place is found without making it', async (t) => {
  const dir = t.testdir({ file: '', open: {} })
  chmodSync(`${dir}/open`, 0o777)
  const places = [`${dir}/none/a`, `${dir}/file/a`, `${dir}/open`, `${dir}/b`]
  t.equal(await findLockDirectory(places), `${dir}/b`)
  t.notOk(existsSync(`${dir}/b`))
  t.equal(await lockDirectory(places), `${dir}/b`)
  t.equal(await findLockDirectory(places), `${dir}/b`)
  await t.rejects(findLockDirectory(places.slice(0, 3)), { code: 'ENOENT' })
  await t.rejects(findLockDirectory([`${dir}/open`]), { message: /only this user can write to/ })
})
