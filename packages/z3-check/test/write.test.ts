import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { ioErrors, pattern, runBinary } from '@z3/fixtures'
import t from 'tap'
import { check, sumsOf } from './setup.js'

const SMALL = ['--block-size', '512', '--count', '8']

void t.test('a file: as dd and sha1sum compute it', async (t) => {
  const dir = t.testdir({})
  const file = `${dir}/file`
  writeFileSync(file, pattern(5 * 4096 + 100))
  for (const parallel of ['1', '4']) {
    const { code, out, err } = await check(file, ...SMALL, '--parallel', parallel)
    t.equal(code, 0, err)
    const sums = sumsOf(file, 512, 8)
    t.equal(sums.length, 6)
    t.equal(out, sums.map((sum, chunk) => `${String(chunk)}\t${sum}\n`).join(''))
  }
  // the default: 100 MiB, most of them a hole
  truncateSync(file, 250 * 1024 * 1024)
  const { out } = await check(file)
  t.equal(
    out,
    sumsOf(file, 4096, 25_600)
      .map((sum, chunk) => `${String(chunk)}\t${sum}\n`)
      .join(''),
  )
})

void t.test('a file whose size is a multiple of the chunk has no empty one', async (t) => {
  const file = `${t.testdir({})}/file`
  writeFileSync(file, pattern(3 * 4096))
  for (const [skip, chunks] of [
    ['0', ['0', '1', '2']],
    ['1', ['0', '2']],
    ['2', ['0']],
    ['9', ['0']],
  ] as const) {
    const { code, out } = await check(file, ...SMALL, '--skip', skip)
    t.equal(code, 0)
    t.strictSame(
      out
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t')[0]),
      chunks,
    )
  }
})

void t.test('a directory: sorted by bytes, any name, nothing followed', async (t) => {
  const dir = t.testdir({ a: { b: '1' }, 'a-c': '2', empty: '', 'a.d': { deep: { x: '3' } } })
  writeFileSync(`${dir}/tab\tname`, '4')
  writeFileSync(`${dir}/line\nend`, '5')
  writeFileSync(Buffer.concat([Buffer.from(`${dir}/`), Buffer.from([0xff, 0x41])]), '6')
  mkdirSync(`${dir}/none`)
  symlinkSync('a', `${dir}/link`)
  execFileSync('mkfifo', [`${dir}/fifo`])
  const { code, out, err } = await check(dir)
  t.equal(code, 0, err)
  t.match(err, 'NOTE: fifo: special file, skipped')
  t.strictSame(
    out
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t').slice(0, -1).join('|')),
    ['a-c|0', 'a.d/deep/x|0', 'a/b|0', '\\line\\nend|0', '\\tab\\tname|0', '\xffA|0'],
  )
  const quiet = await check(dir, '--quiet')
  t.strictSame([quiet.out, quiet.err], [out, ''])
  const json = await check(dir, '--json')
  const objects = json.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  t.match(objects[3], { path: 'line\nend', chunk: 0 })
  t.match(objects[5], { pathBase64: '/0E=' })
  t.match(objects[6], {
    status: 'success',
    chunks: 6,
    bytes: 6,
    skipped: { symlinks: 1, special: 1 },
  })
})

void t.test('with --skip, chunks are counted across files', async (t) => {
  const dir = t.testdir({})
  for (const name of ['a', 'b', 'c']) writeFileSync(`${dir}/${name}`, pattern(2 * 4096))
  const { out } = await check(dir, ...SMALL, '--skip', '2')
  t.strictSame(
    out
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t').slice(0, 2).join(' ')),
    ['a 0', 'b 1'],
  )
})

void t.test('a chunk that cannot be read: the others are written', async (t) => {
  const dir = t.testdir({ tree: { b: '2' } })
  writeFileSync(`${dir}/tree/a`, pattern(3 * 4096))
  const env = (await ioErrors(dir))({ call: 'read', path: 'tree/a', from: 3, errno: 'EIO' })
  const args = [`${dir}/tree`, ...SMALL, '--parallel', '1']
  // a chunk of 4096 bytes is one call
  const { code, stdout, stderr } = await runBinary('z3-check', args, { env })
  t.equal(code, 1, stderr)
  t.match(stderr, /^z3-check: a \(chunk 2\): i\/o error$/m)
  t.match(stderr, '3 chunks hashed, 1 errors: the list is incomplete')
  t.equal(String(stdout).replaceAll(/\t\w{40}/g, ''), 'a\t0\na\t1\nb\t0\n')
})

void t.test('targets that are none', async (t) => {
  const dir = t.testdir({})
  execFileSync('mkfifo', [`${dir}/fifo`])
  for (const [args, status, message] of [
    [[`${dir}/nothing`], 4, /no such file or directory\nhint: For a snapshot/],
    [[`${dir}/fifo`], 2, /is a special file/],
    [['/dev/zero'], 2, /is a special file/],
    [['tank@a@b'], 2, /more than one '@'/],
    [[''], 2, /TARGET is empty/],
    [[], 2, /too few arguments/],
    [[dir, dir], 2, /unexpected argument/],
    [[dir, '--block-size', '0'], 2, /a chunk needs/],
    [[dir, '--block-size', '1.5G'], 2, /--block-size: invalid size/],
    [[dir, '--count', '0'], 2, /--count: '0' is not a number from 1/],
    [[dir, '--skip', '-1'], 2, /--skip/],
    [[dir, '--parallel', '99'], 2, /from 1 to 64/],
    [[dir, '--block-size', '100T', '--count', '999999999'], 2, /a chunk needs/],
    [[dir, '--check', `${dir}/nothing`], 2, /cannot read the list/],
    [['--check', dir], 2, /too few arguments/],
  ] as const) {
    const { code, out, err } = await check(...args)
    t.equal(code, status, `${args.join(' ')}: ${err}`)
    t.match(err, message)
    t.equal(out, '')
  }
})
