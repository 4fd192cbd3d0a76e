import t from 'tap'
import { zfsPath } from '../src/run.js'

void t.test("cron's PATH gets the administrator's directories", (t) => {
  t.equal(zfsPath({ PATH: '/usr/bin:/bin' }), '/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin')
  t.end()
})

void t.test('what is there stays where it is', (t) => {
  t.equal(zfsPath({ PATH: '/sbin:/usr/local/sbin:/usr/sbin' }), '/sbin:/usr/local/sbin:/usr/sbin')
  t.equal(
    zfsPath({ PATH: '/usr/sbin:/opt/zfs/bin' }),
    '/usr/sbin:/opt/zfs/bin:/usr/local/sbin:/sbin',
  )
  t.end()
})

void t.test('no PATH never means the working directory', (t) => {
  for (const env of [{}, { PATH: '' }]) {
    t.equal(zfsPath(env), '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin')
  }
  t.end()
})
