import t from 'tap'
import { flagLayer, type Flags } from '../src/inputs.js'

void t.test('text and numbers, as parsers hand them over', (t) => {
  const layer = flagLayer({
    CONCURRENCY: 4,
    MAX_RETRIES: '5',
    S3_ENDPOINT: 'a.example',
    SNAPSHOT_PREFIX: '',
    BUCKET: undefined,
  })
  t.same(Object.fromEntries(layer), {
    CONCURRENCY: { value: 4, source: { kind: 'flag', name: '--concurrency' } },
    MAX_RETRIES: { value: 5, source: { kind: 'flag', name: '--max-retries' } },
    S3_ENDPOINT: {
      value: 'https://a.example',
      source: { kind: 'flag', name: '--endpoint' },
    },
    SNAPSHOT_PREFIX: {
      value: '',
      source: { kind: 'flag', name: '--snapshot-prefix' },
    },
  })
  t.end()
})

void t.test('no secret comes from the command line', (t) => {
  const parsed = { S3_SECRET: 'hush', BUCKET: undefined }
  const flags: Flags = parsed
  t.equal(flagLayer(flags).size, 0)
  t.end()
})

t.throws(
  () => flagLayer({ CONCURRENCY: NaN }),
  {
    code: 'usage',
    exitStatus: 2,
    message: "--concurrency: 'NaN' is not a number (allowed: an integer of at least 1)",
    hint: /^[A-Z].*\.$/,
  },
  'one problem',
)

t.throws(
  () => flagLayer({ BUCKET: true, COMPRESSOR: ['gpg', 'none'], S3_ACL: 'a b' }),
  {
    code: 'usage',
    message: [
      '3 problems in the command line',
      '  --bucket: the value is missing',
      '  --compressor: given more than once (allowed: once)',
      "  --acl: 'a b' is not one word (allowed: letters, digits and .-_)",
    ].join('\n'),
  },
  'several problems',
)
