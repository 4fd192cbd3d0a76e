import t from 'tap'
import { checkValue, formatValue } from '../src/values/value-types.js'
import { OPTIONS, type Settings } from '../src/options.js'

void t.test('the table holds every key of z3', (t) => {
  const names = OPTIONS.flatMap((option) => option.keys)
  for (const key of [
    'BUCKET',
    'S3_KEY_ID',
    'S3_SECRET',
    'HOST',
    'CONCURRENCY',
    'CHUNK_SIZE',
    'MAX_RETRIES',
    'COMPRESSOR',
    'GPG_RECIPIENT',
    'S3_STORAGE_CLASS',
    'SNAPSHOT_PREFIX',
    'S3_PREFIX',
    'FILESYSTEM',
  ]) {
    t.ok(names.includes(key), key)
  }
  t.end()
})

void t.test('no name means two things', (t) => {
  for (const names of [
    OPTIONS.flatMap((option) => option.keys),
    OPTIONS.flatMap((option) => option.env),
    OPTIONS.flatMap(({ flag, flagAliases }) => [flag ?? [], flagAliases].flat()),
  ]) {
    t.equal(new Set(names).size, names.length)
  }
  t.end()
})

void t.test('what decides about encryption has no name of z3', (t) => {
  // a variable of another program must not switch it off or change whom to
  for (const { key, env } of OPTIONS) {
    if (/^(ENCRYPTOR|AGE_.*)$/.test(key)) t.same(env, [`Z3_${key}`])
  }
  t.end()
})

void t.test('each row is sound', (t) => {
  for (const option of OPTIONS) {
    const { key } = option
    t.equal(option.keys[0], key, `${key}: its own name comes first`)
    t.equal(option.env[0], `Z3_${key}`, `${key}: the prefixed name wins`)
    t.notOk(option.env.includes('HOST'), `${key}: a stray HOST means nothing`)
    t.match(option.description, /^[A-Z].*\.$/, `${key}: one sentence`)
    t.ok(checkValue(option, option.example).value, `${key}: the example is valid`)
    if (option.default !== undefined) {
      const text = formatValue(option, option.default)
      t.same(checkValue(option, text), { value: option.default }, `${key}: default`)
    }
    if (option.secret) t.equal(option.flag, undefined, `${key}: no flag`)
    if (option.empty === undefined) {
      t.match(checkValue(option, '').what, /^empty value/, `${key}: never empty`)
    }
  }
  t.end()
})

void t.test('the types follow from the table', (t) => {
  // compiled, not run: a wrong type fails the build of the tests
  const typed = (s: Settings) => {
    const count: number = s.CONCURRENCY
    const size: number | undefined = s.CHUNK_SIZE
    const bucket: string | undefined = s.BUCKET
    const compressor: string = s.COMPRESSOR
    const encryptor: 'none' | 'gpg' | 'age' = s.ENCRYPTOR
    const recipients: readonly string[] | undefined = s.AGE_RECIPIENTS
    return [count, size, bucket, compressor, encryptor, recipients]
  }
  t.type(typed, 'function')
  t.end()
})
