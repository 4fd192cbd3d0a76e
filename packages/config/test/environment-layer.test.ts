import t from 'tap'
import { environmentLayer } from '../src/inputs.js'
import { OPTIONS, type Key } from '../src/options.js'

const none = new Map()
const values = (env: NodeJS.ProcessEnv) =>
  Object.fromEntries([...environmentLayer(env, none).layer].map(([key, { value }]) => [key, value]))

void t.test('every name of every option, strongest first', (t) => {
  for (const { key, env, example } of OPTIONS) {
    for (const [rank, name] of env.entries()) {
      const weaker = env.slice(rank)
      const all = Object.fromEntries(weaker.map((each) => [each, example]))
      const { layer } = environmentLayer(all, none)
      t.same(layer.get(key)?.source, { kind: 'environment', name }, `${key} from ${name}`)
    }
  }
  t.end()
})

const cases: readonly [string, NodeJS.ProcessEnv, object][] = [
  ['a stray HOST', { HOST: 'my-machine', HOSTNAME: 'my-machine' }, {}],
  ['Z3_HOST', { Z3_HOST: 'a.example' }, { S3_ENDPOINT: 'https://a.example' }],
  [
    'an endpoint beats the SDKs',
    { AWS_ENDPOINT_URL_S3: 'http://a.example', S3_ENDPOINT: 'b.example' },
    { S3_ENDPOINT: 'https://b.example' },
  ],
  ['prefixed', { BUCKET: 'abc', Z3_BUCKET: 'abd' }, { BUCKET: 'abd' }],
  ['empty', { BUCKET: '', CONCURRENCY: '', S3_SECRET: '' }, {}],
  ['empty, prefixed', { BUCKET: 'abc', Z3_BUCKET: '' }, { BUCKET: 'abc' }],
  [
    'empty with a meaning',
    { SNAPSHOT_PREFIX: '', S3_PREFIX: '', S3_STORAGE_CLASS: '', S3_ACL: '' },
    { SNAPSHOT_PREFIX: '', S3_PREFIX: '/', S3_STORAGE_CLASS: '', S3_ACL: '' },
  ],
  ['lower case', { bucket: 'abc' }, {}],
]
for (const [name, env, expected] of cases) t.same(values(env), expected, name)

void t.test('problems name the variable', (t) => {
  const { problems } = environmentLayer(
    { Z3_CONCURRENCY: 'x', S3_SECRET: 'hush\n', Z3_ENCRYPTOR: 'x' },
    none,
  )
  t.same(problems, [
    {
      where: 'environment variable S3_SECRET',
      what: 'the value contains a line break, a tab or another control character',
    },
    {
      where: 'environment variable Z3_CONCURRENCY',
      what: "'x' is not a number (allowed: an integer of at least 1)",
    },
    {
      where: 'environment variable Z3_ENCRYPTOR',
      what: "'x' is not an encryptor (allowed: none, gpg, age)",
    },
  ])
  t.end()
})

void t.test('what is overridden is not looked at', (t) => {
  const flags = new Map<Key, never>([['CONCURRENCY', undefined as never]])
  t.same(environmentLayer({ CONCURRENCY: 'x' }, flags).problems, [])
  const { problems } = environmentLayer({ CONCURRENCY: 'x', Z3_CONCURRENCY: '8' }, none)
  t.same(problems, [])
  t.end()
})

t.same(
  environmentLayer({ Z3_BUKET: 'abc', Z3_CONFIG: 'x', Z3_SOLVER_THREADS: '1', BUKET: 'x' }, none)
    .warnings,
  ['environment variable Z3_BUKET sets nothing (did you mean Z3_BUCKET?)'],
  'a misspelt variable',
)
