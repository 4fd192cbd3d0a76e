import { execFile } from 'node:child_process'
import { fstatSync, openSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { pattern, until } from '@z3/fixtures'
import t from 'tap'
import { FileSource } from '../../src/engine/file-source.js'

const MIB = 1024 ** 2
const file = join(t.testdir({ data: pattern(2 * MIB) }), 'data')

const isOpen = (fd: number): boolean => {
  try {
    fstatSync(fd)
    return true
  } catch {
    return false
  }
}

void t.test('a file is read to its end', async (t) => {
  const fd = openSync(file, 'r')
  const source = new FileSource(fd)
  t.equal(source.size, 2 * MIB)
  const into = Buffer.alloc(1.5 * MIB)
  let seen = 0
  const count = (chunk: Uint8Array): void => {
    seen += chunk.byteLength
  }
  t.equal(await source.fill(into, count), 1.5 * MIB)
  t.equal(await source.fill(into, count), 0.5 * MIB)
  t.equal(await source.fill(into, count), 0)
  t.equal(seen, 2 * MIB)
  t.ok(into.subarray(0, MIB / 2).equals(pattern(2 * MIB).subarray(1.5 * MIB)))
  source.close()
  await until('it is closed', () => !isOpen(fd))
})

void t.test('a file that is cut while it is read is an error', async (t) => {
  const cut = join(t.testdir({}), 'cut')
  writeFileSync(cut, pattern(2 * MIB))
  const source = new FileSource(openSync(cut, 'r'))
  const into = Buffer.alloc(MIB)
  t.equal(await source.fill(into, () => undefined), MIB)
  truncateSync(cut, MIB)
  await t.rejects(
    source.fill(into, () => undefined),
    {
      code: 'input-failed',
      message: 'the input was truncated during reading: it had 2097152 bytes and has 1048576',
    },
  )
  source.close()
})

void t.test('closed twice: what has its number now stays open', async (t) => {
  const fd = openSync(file, 'r')
  const source = new FileSource(fd)
  source.close()
  await until('it is closed', () => !isOpen(fd))
  const other = openSync(file, 'r')
  t.equal(other, fd, 'the number is used again')
  source.close()
  const next = new FileSource(other)
  t.equal(await next.fill(Buffer.alloc(MIB), () => undefined), MIB)
  t.ok(isOpen(other))
  next.close()
})

void t.test('closed under a read: not before it has ended', async (t) => {
  const fd = openSync(file, 'r')
  const source = new FileSource(fd)
  const filling = source.fill(Buffer.alloc(3 * MIB), () => undefined)
  source.close()
  t.ok(isOpen(fd))
  await t.rejects(filling, { code: 'input-failed' }, 'no end of the stream')
  await until('it is closed', () => !isOpen(fd))
})

void t.test('standard input stays open', async (t) => {
  const source = fileURLToPath(new URL('../../dist/engine/file-source.js', import.meta.url))
  const script = `
    import { fstatSync } from 'node:fs'
    import { setTimeout } from 'node:timers/promises'
    import { FileSource } from ${JSON.stringify(source)}
    new FileSource(0).close()
    await setTimeout(100)
    console.log(fstatSync(0).size)`
  const file = join(t.testdir({ file: 'four' }), 'file')
  const words = [process.execPath, '--input-type=module', '-e', script]
  const run = ['-c', 'exec "$@" < "$0"', file, ...words]
  const { stdout } = await promisify(execFile)('sh', run)
  t.equal(stdout, '4\n', 'a thread that started now would get its number, and end the process')
})
