import { NO_ZFS, testPool } from '@z3/fixtures'
import t from 'tap'

/** zfs-fuse has no `zfs list -p`; the manual says what to use instead. */
const LIST =
  process.env['Z3_TEST_ZFS'] === 'fuse'
    ? `zfs get -Hp -r -o value,name creation "$POOL/home" | grep "^[0-9]*.$POOL/home@"`
    : `zfs list -Hp -t snapshot -o creation,createtxg,name -d 1 "$POOL/home"`
const THIN = process.env['Z3_TEST_ZFS'] === 'fuse' ? 'z3-thin' : 'z3-thin --createtxg'

void t.test('the pipe of the manual, on real ZFS', { skip: NO_ZFS }, async (t) => {
  const made = await testPool('thin')
  t.teardown(() => made.close())
  await made.must(`
    zfs create "$POOL/home"
    for name in a b 'with space' d; do
      zfs snapshot "$POOL/home@$name"
      sleep 1.1 # times are in seconds, and zfs get has no order
    done`)
  const left = async () =>
    (await made.must(`zfs list -H -r -t snapshot -o name "$POOL/home"`))
      .trimEnd()
      .split('\n')
      .map((name) => name.slice(name.indexOf('@') + 1))
      .sort()

  const explained = await made.must(`${LIST} | ${THIN} 2 --explain`)
  t.equal(explained.match(/keep: the last 2$/gm)?.length, 2)
  t.equal(explained.match(/destroy: no rule keeps it$/gm)?.length, 2)
  t.equal((await left()).length, 4, 'a filter destroys nothing')

  await made.must(`${LIST} | ${THIN} 2 | xargs -r -d '\\n' -n 1 zfs destroy`)
  t.strictSame(await left(), ['d', 'with space'])
  await made.must(`${LIST} | ${THIN} 0 | xargs -r -d '\\n' -n 1 zfs destroy`)
  t.strictSame(await left(), [''])
  // nothing to thin
  await made.must(`{ ${LIST} || true; } | ${THIN} 0 | xargs -r -d '\\n' -n 1 zfs destroy`)
})
