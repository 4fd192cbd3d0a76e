import t from 'tap'
import { optionOf } from '../src/options.js'
import { parseValue } from '../src/values.js'

const parseEndpoint = (text: string) => parseValue(optionOf('S3_ENDPOINT'), text)

const good: readonly [string, string][] = [
  ['s3.example.com', 'https://s3.example.com'],
  ['localhost:9000', 'https://localhost:9000'],
  ['[::1]:9000', 'https://[::1]:9000'],
  ['http://127.0.0.1:9000/', 'http://127.0.0.1:9000'],
  ['https://example.com/s3/', 'https://example.com/s3'],
]
for (const [text, url] of good) t.equal(parseEndpoint(text), url, text)

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
  t.throws(
    () => parseEndpoint(text),
    {
      code: 'config',
      message: `'${text}' is not an endpoint (a host name, or a URL with http or https)`,
    },
    text,
  )
}

t.throws(
  () => parseEndpoint('https://me:hush@example.com'),
  {
    message: 'an endpoint cannot contain a user name or password (use S3_KEY_ID and S3_SECRET)',
  },
  'a password is not repeated',
)
