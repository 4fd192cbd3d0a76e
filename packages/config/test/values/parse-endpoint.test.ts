import t from 'tap'
import { optionOf } from '../../src/options.js'
import { checkValue } from '../../src/values/value-types.js'

const parseEndpoint = (text: string) => checkValue(optionOf('S3_ENDPOINT'), text)

const good: readonly [string, string][] = [
  ['s3.example.com', 'https://s3.example.com'],
  ['localhost:9000', 'https://localhost:9000'],
  ['[::1]:9000', 'https://[::1]:9000'],
  ['http://127.0.0.1:9000/', 'http://127.0.0.1:9000'],
  ['https://example.com/s3/', 'https://example.com/s3'],
]
for (const [text, url] of good) t.same(parseEndpoint(text), { value: url }, text)

const bad = [
  'ftp://example.com',
  'https://',
  's3.example.com/path',
  'https://example.com?x=1',
  'https://example.com#x',
  'my host',
  'host:port',
]
for (const text of bad) {
  t.same(
    parseEndpoint(text),
    { what: `'${text}' is not an endpoint (a host name, or a URL with http or https)` },
    text,
  )
}

t.same(
  parseEndpoint('https://me:hush@example.com'),
  {
    what: 'an endpoint cannot contain a user name or password (use S3_KEY_ID and S3_SECRET)',
  },
  'a password is not repeated',
)
