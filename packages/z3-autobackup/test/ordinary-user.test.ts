import { readFileSync } from 'node:fs'
import { NO_SSH } from '@z3/fixtures'
import t from 'tap'
import { holds, linesOf, makeBackup, makeScene, names, write } from './setup.js'

const SOURCE = 'zfs allow -u backup snapshot,send,hold,release,destroy,mount,bookmark '
const TARGET =
  'zfs allow -u backup receive,create,mount,mountpoint,canmount,hold,release,destroy,rollback,userprop '

void t.test('what is tried here is documented', (t) => {
  const url = new URL('../man/z3-autobackup.1.md', import.meta.url)
  const text = readFileSync(url, 'utf8').replaceAll('-u USER', '-u backup')
  t.match(text, `    ${SOURCE}tank\n`)
  t.match(text, `    ${TARGET}backup/server1\n`)
  t.end()
})

void t.test('as an ordinary user', { skip: NO_SSH }, async (t) => {
  const scene = await makeScene(t, 'usr', 'source', 'target')
  const { from, to } = scene
  const { dataset, path, copy } = await makeBackup(scene, 'user', ['/below'])
  const args = [
    ...['--ssh-source', 'backup@source', '--ssh-target', 'backup@target'],
    ...['user', path, '--verbose', '--clear-mountpoint'],
    ...['--keep-source', '0', '--keep-target', '0'],
  ]
  const denied = await scene.run(args)
  t.equal(denied.code, 255)
  t.match(denied.stderr, /permission denied.*\nhint: .*zfs allow -u backup snap/)
  t.strictSame(await names(from, dataset), [], 'no snapshot')

  await from.must(`${SOURCE} "$D"`, { D: dataset })
  await to.must(`${TARGET} "$D"`, { D: path })
  for (const file of ['a', 'b']) {
    await write(from, dataset, file)
    await write(from, `${dataset}/below`, file)
    const { code, stdout, stderr } = await scene.run(args)
    t.equal(code, 0, stderr)
    t.equal(linesOf(String(stdout)).filter((line) => / receiving /.test(line)).length, 2)
  }
  for (const name of ['', '/below']) {
    const [only = '', ...more] = await names(from, `${dataset}${name}`)
    t.strictSame(more, [], 'thinned here')
    t.strictSame(await names(to, `${copy}${name}`), [only], 'and there')
    for (const [pool, held] of [
      [from, `${dataset}${name}`],
      [to, `${copy}${name}`],
    ] as const) {
      t.strictSame(await holds(pool, held), [`${only} zfs_autobackup:user`])
    }
    t.equal(await to.guids(`${copy}${name}`), await from.guids(`${dataset}${name}`))
  }

  // without destroy at the source: what is new is sent all the same
  await from.must('zfs unallow -u backup destroy "$D"', { D: dataset })
  await write(from, dataset, 'c')
  const { code, stderr } = await scene.run(args)
  t.equal(code, 1, stderr)
  t.match(stderr, /! \[Source\] .*permission denied/)
  t.equal((await names(from, dataset)).length, 2)
  t.equal((await names(to, copy)).at(-1), (await names(from, dataset)).at(-1), 'it has arrived')
})
