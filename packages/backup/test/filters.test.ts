import { loadConfig, type LoadedConfig } from '@z3/config'
import type { StoredSnapshot } from '@z3/core'
import t from 'tap'
import { incomingFilters, outgoingFilters } from '../src/filters.js'

const configured = (env: Record<string, string> = {}): Promise<LoadedConfig> =>
  loadConfig({ flags: {}, env, searchPlaces: [] })

const object = (change: Partial<StoredSnapshot>): StoredSnapshot => ({
  dataset: 'tank',
  snapshot: 'a',
  key: 'z3-backup/tank@a',
  bytes: 1,
  uploaded: 0,
  size: 1,
  parent: undefined,
  guid: '1',
  parentGuid: undefined,
  created: 0,
  compressor: undefined,
  encryptor: undefined,
  sendFlags: [],
  problem: undefined,
  ...change,
})

const lines = (commands: readonly { file: string; args: readonly string[] }[]): string[] =>
  commands.map(({ file, args }) => [file, ...args].join(' '))

const OUT: readonly (readonly [
  name: string,
  env: Record<string, string>,
  commands: readonly string[],
  compressor: string | undefined,
  encryptor: string | undefined,
])[] = [
  ['the default', {}, ['pigz -1 --blocksize 4096'], 'pigz1', undefined],
  ['none', { COMPRESSOR: 'none' }, [], undefined, undefined],
  [
    "z3's gpg",
    { COMPRESSOR: 'gpg', GPG_RECIPIENT: 'me' },
    ['gpg --batch -q -e -r me'],
    'gpg',
    undefined,
  ],
  [
    'compressed, then encrypted',
    { COMPRESSOR: 'zstd', Z3_ENCRYPTOR: 'gpg' },
    ['zstd -q -T0 -c', 'gpg --batch -q -e -r z3_backup'],
    'zstd',
    'gpg',
  ],
]
for (const [name, env, commands, compressor, encryptor] of OUT) {
  void t.test(`on the way up: ${name}`, async (t) => {
    const filters = outgoingFilters(await configured(env))
    t.strictSame(lines(filters.commands), commands)
    t.equal(filters.compressor, compressor)
    t.equal(filters.encryptor, encryptor)
  })
}

void t.test('age needs somebody to encrypt to', async (t) => {
  const env = { COMPRESSOR: 'none', Z3_ENCRYPTOR: 'age' }
  const unset = await configured(env)
  t.throws(() => outgoingFilters(unset), {
    code: 'config',
    message: 'AGE_RECIPIENTS is not set',
  })
  const key = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'
  const config = await configured({
    ...env,
    Z3_AGE_RECIPIENTS: key,
    Z3_AGE_RECIPIENTS_FILE: '/etc/z3/recipients',
  })
  t.strictSame(lines(outgoingFilters(config).commands), [`age -e -r ${key} -R /etc/z3/recipients`])
})

void t.test('the compressor gpg takes no encryptor', async (t) => {
  const config = await configured({ COMPRESSOR: 'gpg', Z3_ENCRYPTOR: 'gpg' })
  t.throws(() => outgoingFilters(config), { code: 'config' })
})

const DOWN: readonly (readonly [Partial<StoredSnapshot>, readonly string[]])[] = [
  [{}, []],
  [{ compressor: 'pigz4' }, ['pigz -d']],
  // of the original's fork
  [{ compressor: 'zstd3', encryptor: 'gpg' }, ['gpg -q -d', 'zstd -q -d -c']],
  [{ compressor: 'pbzip2' }, ['bzip2 -dc']],
  [{ compressor: 'gpg' }, ['gpg -q -d']],
  [{ compressor: 'xz', encryptor: 'gpg' }, ['gpg -q -d', 'xz -dc']],
  [{ compressor: 'lz4', encryptor: 'age' }, ['age -d -i /root/key', 'lz4 -q -d -c']],
]
for (const [change, commands] of DOWN) {
  void t.test(`on the way down: ${commands.join(' | ')}`, async (t) => {
    const config = await configured({ Z3_AGE_IDENTITY: '/root/key' })
    t.strictSame(lines(incomingFilters(object(change), config)), commands)
  })
}

void t.test('what cannot be undone is said before anything runs', async (t) => {
  const config = await configured()
  t.throws(() => incomingFilters(object({ compressor: 'lzo' }), config), {
    code: 'unknown-compressor',
    exitStatus: 2,
    message: "object 'z3-backup/tank@a' is compressed with the unknown compressor 'lzo'",
    hint: /\[compressor:lzo\]/,
  })
  t.throws(() => incomingFilters(object({ encryptor: 'rot13' }), config), {
    code: 'unknown-compressor',
  })
  t.throws(() => incomingFilters(object({ encryptor: 'age' }), config), {
    code: 'config',
    message: 'AGE_IDENTITY is not set',
  })
})
