import { existsSync, statSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { makeDirectories } from '../src/index.js'

void t.test('missing parents are made, with the mode', async (t) => {
  const dir = t.testdir()
  const path = `${dir}/a/b/c`
  await Promise.all([makeDirectories(path, 0o700), makeDirectories(path, 0o700)])
  t.equal(statSync(`${dir}/a`).mode & 0o777, 0o700)
  t.equal(statSync(path).mode & 0o777, 0o700)
  await makeDirectories(path)
  t.ok(existsSync(path))
})

void t.test('what cannot be made is an error, and no endless loop', async (t) => {
  // mkdir(2) answers ENOENT there, although /proc exists
  await t.rejects(makeDirectories('/proc/z3-test/a'), { code: 'ENOENT' })
  const file = `${t.testdir()}/file`
  writeFileSync(file, '')
  await t.rejects(makeDirectories(file), { code: 'EEXIST' })
  await t.rejects(makeDirectories(`${file}/a`), { code: 'ENOTDIR' })
})
