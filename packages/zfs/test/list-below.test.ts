import t from 'tap'
import { listBelow } from '../src/read/datasets.js'
import { fakeZfs } from './fake-zfs.js'

const list = (dataset: string): string => `list -H -r -d 1 -t filesystem,volume -o name ${dataset}`

void t.test('without the dataset itself', async (t) => {
  const { run } = fakeZfs({
    [list('tank/a')]: 'tank/a\ntank/a/b\ntank/a/with space\n',
    [list('tank/b')]: 'tank/b\n',
    [list('tank/x')]: {
      stderr: "cannot open 'tank/x': dataset does not exist\n",
    },
  })
  t.strictSame(await listBelow(run, 'tank/a', 1), ['tank/a/b', 'tank/a/with space'])
  t.strictSame(await listBelow(run, 'tank/b', 1), [])
  await t.rejects(listBelow(run, 'tank/x', 1), { code: 'no-such-dataset' })
  await t.rejects(listBelow(run, '-r', 1), { code: 'invalid-name' })
})
