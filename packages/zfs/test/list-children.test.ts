import t from 'tap'
import { listChildren } from '../src/list-children.js'
import { fakeZfs } from './fake-zfs.js'

const list = (dataset: string): string =>
  `list -H -r -d 1 -t filesystem,volume -o name ${dataset}`

void t.test('without the dataset itself', async (t) => {
  const { run } = fakeZfs({
    [list('tank/a')]: 'tank/a\ntank/a/b\ntank/a/with space\n',
    [list('tank/b')]: 'tank/b\n',
    [list('tank/x')]: {
      stderr: "cannot open 'tank/x': dataset does not exist\n",
    },
  })
  t.strictSame(await listChildren(run, 'tank/a'), [
    'tank/a/b',
    'tank/a/with space',
  ])
  t.strictSame(await listChildren(run, 'tank/b'), [])
  await t.rejects(listChildren(run, 'tank/x'), { code: 'no-such-dataset' })
  await t.rejects(listChildren(run, '-r'), { code: 'invalid-name' })
})
