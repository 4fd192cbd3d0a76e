import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { pattern, runBinary } from '@z3/fixtures'
import t from 'tap'
import { check } from './setup.js'

const SMALL = ['--block-size', '512', '--count', '8']
const OTHER = 'b'.repeat(40)

/** A directory, and its list beside it. */
const scene = async (dir: string) => {
  const tree = `${dir}/tree`
  mkdirSync(`${tree}/sub`, { recursive: true })
  writeFileSync(`${tree}/a`, pattern(3 * 4096))
  writeFileSync(`${tree}/sub/b`, pattern(5000, 2))
  const list = `${dir}/list`
  const { out } = await check(tree, ...SMALL)
  writeFileSync(list, out, 'latin1')
  return { tree, list, lines: out, against: () => check(tree, ...SMALL, '--check', list) }
}

void t.test('a tree that is as listed', async (t) => {
  const { tree, list, lines } = await scene(t.testdir({}))
  for (const parallel of ['1', '3']) {
    const { code, out, err } = await check(tree, ...SMALL, '--parallel', parallel, '--check', list)
    t.strictSame({ code, out, err }, { code: 0, out: '', err: '' })
  }
  // zfs-check has the order of the directory
  writeFileSync(
    list,
    lines
      .trimEnd()
      .split('\n')
      .reverse()
      .map((line) => `${line}\n`)
      .join(''),
  )
  const json = await check(tree, ...SMALL, '--json', '--check', list)
  t.equal(json.code, 0)
  t.match(JSON.parse(json.out), { status: 'success', chunks: 5, failures: 0 })
})

void t.test('from standard input', async (t) => {
  const { tree, lines } = await scene(t.testdir({}))
  const args = [tree, ...SMALL, '--check']
  const good = await runBinary('z3-check', args, { stdin: lines })
  t.equal(good.code, 0, good.stderr)
  const cut = await runBinary('z3-check', args, { stdin: lines.slice(0, -1) })
  t.equal(cut.code, 2)
  t.match(cut.stderr, 'is not terminated')
})

void t.test('what differs', async (t) => {
  const { tree, list, lines, against } = await scene(t.testdir({}))
  const [first = ''] = lines.split('\n')
  const sum = first.slice(-40)
  const failing = async (pattern: RegExp) => {
    const { code, out, err } = await against()
    t.equal(code, 3)
    t.match(out, pattern)
    t.equal(out.split('\n').length, 2, out)
    t.match(err, /z3-check: \d chunks match, 1 differences from the list/)
  }
  writeFileSync(list, lines.replace(sum, OTHER))
  await failing(new RegExp(`^a: Chunk 0 failed: ${OTHER} ${sum}\n$`))
  writeFileSync(list, `${lines}gone\t0\t${OTHER}\n`)
  await failing(new RegExp(`^gone: Chunk 0 failed: ${OTHER} ERROR: no such file or directory\n$`))
  writeFileSync(list, lines.replace(/^a\t2\t.*\n/m, `$&a\t3\t${OTHER}\n`))
  await failing(new RegExp(`^a: Chunk 3 failed: ${OTHER} EOF\n$`))
  writeFileSync(list, lines.replace(/^a\t1\t.*\n/m, ''))
  await failing(/^a: Chunk 1 is not in the list\n$/)
  writeFileSync(list, lines.replace(/^a\t2\t.*\n/m, ''))
  await failing(/^a: Chunk 2 is not in the list\n$/)
  writeFileSync(list, lines.replace(/^a\t.*\n/gm, ''))
  await failing(/^a: not in the list\n$/)
  writeFileSync(list, lines)
  appendFileSync(`${tree}/a`, 'more')
  await failing(/^a: Chunk 3 is not in the list\n$/)
})

void t.test('a list that is empty', async (t) => {
  const { list, against, tree } = await scene(t.testdir({}))
  writeFileSync(list, '')
  const { code, out } = await against()
  t.equal(code, 3)
  t.equal(out, 'a: not in the list\nsub/b: not in the list\n')
  const one = await check(`${tree}/a`, ...SMALL, '--check', list)
  t.strictSame([one.code, one.out], [3, 'Chunk 0 is not in the list\n'])
})

void t.test('a list of some chunks', async (t) => {
  const { tree, list } = await scene(t.testdir({}))
  const { out } = await check(tree, ...SMALL, '--skip', '3')
  t.equal(out.split('\n').length, 3)
  writeFileSync(list, out)
  t.equal((await check(tree, ...SMALL, '--check', list)).code, 3)
  t.equal((await check(tree, ...SMALL, '--skip', '3', '--check', list)).code, 0)
  writeFileSync(`${tree}/a`, 'changed')
  t.equal((await check(tree, ...SMALL, '--skip', '3', '--check', list)).code, 3)
})

void t.test('a list of some chunks whose program failed', async (t) => {
  const { tree, list } = await scene(t.testdir({}))
  const options = [...SMALL, '--skip', '1']
  const file = `${tree}/sub/b`
  writeFileSync(file, pattern(5 * 4096))
  const { out } = await check(file, ...options)
  const lines = out.trimEnd().split('\n')
  t.equal(lines.length, 3)
  for (const [count, code] of [
    [3, 0],
    [2, 3],
    [0, 3],
  ] as const) {
    writeFileSync(
      list,
      lines
        .slice(0, count)
        .map((line) => `${line}\n`)
        .join(''),
    )
    const found = await check(file, ...options, '--check', list)
    t.equal(found.code, code, `${String(count)} lines`)
    if (code !== 0) t.match(found.out, `Chunk ${String(2 * count)} is not in the list`)
  }
  writeFileSync(list, '')
  const empty = await check(tree, ...options, '--check', list)
  t.equal(empty.code, 3)
  t.match(empty.out, /^a: not in the list$/m)
})

void t.test('a directory that became a symbolic link is not entered', async (t) => {
  const { tree, against } = await scene(t.testdir({}))
  renameSync(`${tree}/sub`, `${tree}/../elsewhere`)
  symlinkSync('../elsewhere', `${tree}/sub`)
  const { code, out } = await against()
  t.equal(code, 3)
  t.match(out, /^sub\/b: Chunk 0 failed: .* ERROR: a directory is a symbolic link$/m)
  rmSync(`${tree}/sub`)
  symlinkSync('a', `${tree}/link`)
  const { out: gone } = await against()
  t.match(gone, /^sub\/b: Chunk 1 failed: .* ERROR: no such file or directory$/m)
})

void t.test('lists that are none', async (t) => {
  const { tree, list, lines } = await scene(t.testdir({}))
  const [first = ''] = lines.split('\n')
  for (const [text, message] of [
    ['x\n', /line 1 of the list is not path, chunk and SHA-1, separated by tabs: 'x'/],
    [`0\t${OTHER}\n`, /The list is that of a file or device, but TARGET is a directory/],
    [`${first}\n${first}\n`, /line 2 of the list is repeated or out of place: chunk 0 of 'a'/],
    [`${lines}${first}\n`, /line 6 of the list is repeated/],
    [`/etc/passwd\t0\t${OTHER}\n`, /outside of the directory: '\/etc\/passwd'/],
    [`sub/../../x\t0\t${OTHER}\n`, /outside of the directory/],
    [`${'x'.repeat(70_000)}\n`, /line 1 of the input exceeds 65536 bytes/],
  ] as const) {
    writeFileSync(list, text)
    const { code, err } = await check(tree, ...SMALL, '--check', list)
    t.equal(code, 2, err)
    t.match(err, message)
  }
  writeFileSync(list, lines)
  const { code, err } = await check(`${tree}/a`, ...SMALL, '--check', list)
  t.equal(code, 2)
  t.match(err, 'The list is that of a directory, but TARGET is a file or device')
})
