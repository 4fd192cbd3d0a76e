import t from 'tap'
import { getProperties } from '../src/read/properties.js'
import { fakeZfs } from './fake-zfs.js'

const get = (names: string, dataset = 'tank/a'): string =>
  `get -Hp -o property,value ${names} ${dataset}`
const unknown = (name: string) => ({
  stderr: `bad property list: invalid property '${name}'\nusage:\n`,
  code: 2,
})

void t.test('values, without those that have none', async (t) => {
  const names = ['type', 'available', 'written', 'encryption', 'receive_resume_token', 'mounted']
  const { run } = fakeZfs({
    // OpenZFS 2.3.2
    [get(names.join())]:
      'type\tfilesystem\navailable\t3888028160\nwritten\t0\nencryption\toff\nreceive_resume_token\t-\nmounted\tyes\n',
  })
  t.strictSame(await getProperties(run, 'tank/a', names), {
    type: 'filesystem',
    available: '3888028160',
    written: '0',
    encryption: 'off',
    mounted: 'yes',
  })
})

void t.test('an old zfs is asked for what it knows', async (t) => {
  const { run, calls } = fakeZfs({
    [get('type,written,encryption,available')]: unknown('written'),
    [get('type,encryption,available')]: unknown('encryption'),
    [get('type,available')]: 'type\tfilesystem\navailable\t1\n',
    [get('type', 'tank/b')]: 'type\tvolume\n',
  })
  t.strictSame(await getProperties(run, 'tank/a', ['type', 'written', 'encryption', 'available']), {
    type: 'filesystem',
    available: '1',
  })
  t.equal(calls.length, 3)
  t.strictSame(await getProperties(run, 'tank/b', ['type', 'written']), {
    type: 'volume',
  })
  t.strictSame(await getProperties(run, 'tank/b', ['written']), {})
  t.equal(calls.length, 4, 'it remembers')
})

void t.test('failures are failures', async (t) => {
  const { run } = fakeZfs({
    [get('type')]: { stderr: "cannot open 'tank/a': dataset does not exist\n" },
    [get('type,mounted')]: unknown('other'),
  })
  await t.rejects(getProperties(run, 'tank/a', ['type']), {
    code: 'no-such-dataset',
  })
  await t.rejects(
    getProperties(run, 'tank/a', ['type', 'mounted']),
    { code: 'zfs-failed' },
    'a property that nobody asked for',
  )
  await t.rejects(getProperties(run, '-a', ['type']), { code: 'invalid-name' })
})

void t.test('a value is what follows the first tab', async (t) => {
  const { run } = fakeZfs({ [get('z3:x')]: 'z3:x\ta\tb\n' })
  t.strictSame(await getProperties(run, 'tank/a', ['z3:x']), { 'z3:x': 'a\tb' })
})

void t.test('a line that is not understood is an error', async (t) => {
  for (const text of [
    '',
    'type\tfilesystem\n',
    'type\tfilesystem\nmounted\tyes\ntype\tvolume\n',
    'type\tfilesystem\nmounted\tyes\nother\t1\n',
    'type filesystem\nmounted\tyes\n',
  ]) {
    const { run } = fakeZfs({ [get('type,mounted')]: text })
    await t.rejects(
      getProperties(run, 'tank/a', ['type', 'mounted']),
      { code: 'zfs-failed', message: /^unexpected line from zfs: / },
      text,
    )
  }
})
