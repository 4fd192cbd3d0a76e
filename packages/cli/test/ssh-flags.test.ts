import t from 'tap'
import { sizeFlag } from '../src/flags/flag-values.js'
import { readSshFlags } from '../src/flags/ssh-flags.js'

void t.test('as they were given', (t) => {
  t.strictSame(readSshFlags({}), {
    config: undefined,
    options: [],
    port: undefined,
    identity: undefined,
    sudo: 'auto',
    restricted: false,
  })
  t.strictSame(
    readSshFlags({
      'ssh-config': '/c',
      'ssh-option': ['A=1', 'B=2'],
      port: '65535',
      identity: '/i',
      'no-sudo': true,
      restricted: true,
    }),
    {
      config: '/c',
      options: ['A=1', 'B=2'],
      port: 65535,
      identity: '/i',
      sudo: 'no',
      restricted: true,
    },
  )
  t.match(readSshFlags({ 'ssh-option': 'A=1', sudo: true }), {
    options: ['A=1'],
    sudo: 'yes',
  })
  t.end()
})

void t.test('no port', (t) => {
  for (const port of ['0', '65536', '-1', 'ssh', '2.5', '22x']) {
    t.throws(
      () => readSshFlags({ port }),
      { code: 'usage', message: `--port: '${port}' is not a port` },
      port,
    )
  }
  t.end()
})

void t.test('sizes', (t) => {
  t.equal(sizeFlag('--x', '10K'), 10_240)
  t.throws(() => sizeFlag('--x', '10 K'), {
    code: 'usage',
    message: "--x: invalid size '10 K'",
  })
  t.end()
})
