import { hostname } from 'node:os'
import t from 'tap'
import { OPTIONS, type Key } from '../../src/options.js'
import { checkValue, type Value } from '../../src/values/value-types.js'

function check(key: Key, text: string) {
  const option = OPTIONS.find((candidate) => candidate.key === key)
  if (option === undefined) throw new Error(key)
  return checkValue(option, text)
}

const good: readonly [Key, string, Value][] = [
  ['BUCKET', 's3://abc', 's3://abc'],
  ['CONCURRENCY', '64', 64],
  ['CONCURRENCY', '007', 7],
  ['CHUNK_SIZE', '256M', 256 * 1024 ** 2],
  ['CHUNK_SIZE', '1g', 1024 ** 3],
  ['COMPRESSOR', 'my-own', 'my-own'],
  ['ENCRYPTOR', 'none', 'none'],
  ['ENCRYPTOR', 'age', 'age'],
  ['AGE_RECIPIENTS', 'age1qy', ['age1qy']],
  ['AGE_IDENTITY', '/a b/c', '/a b/c'],
  ['GPG_RECIPIENT', 'A B <a@b.example>', 'A B <a@b.example>'],
  ['S3_SECRET', `%(a)s;#"'=`, `%(a)s;#"'=`],
  ['S3_STORAGE_CLASS', '', ''],
  ['S3_STORAGE_CLASS', 'GLACIER_IR', 'GLACIER_IR'],
  ['S3_ACL', '', ''],
  ['S3_TAGS', 'a=b, c d=e=f@g', 'a=b, c d=e=f@g'],
  ['S3_TAGS', `${'k'.repeat(128)}=${'v'.repeat(256)}`, `${'k'.repeat(128)}=${'v'.repeat(256)}`],
  ['S3_LOCK', 'none', 'none'],
  ['S3_LOCK', 'governance:30d', 'governance:30d'],
  ['S3_LOCK', 'compliance:36500d', 'compliance:36500d'],
  ['SNAPSHOT_PREFIX', '', ''],
  ['SNAPSHOT_PREFIX', 'zfs-auto-snap:daily', 'zfs-auto-snap:daily'],
  ['S3_PREFIX', 'a', 'a/'],
  ['S3_PREFIX', 'a/b///', 'a/b/'],
  ['S3_PREFIX', '', '/'],
  ['S3_PREFIX', 'a/%h/b-%h', `a/${hostname()}/b-${hostname()}/`],
  ['S3_PREFIX', 'a/%d%%/', 'a/%d%%/'],
  ['KEEP_COMMON', 'hold', 'hold'],
  ['FILESYSTEM', 'tank', 'tank'],
  ['FILESYSTEM', 'tank/a b/c.d_e:f-g', 'tank/a b/c.d_e:f-g'],
]
for (const [key, text, expected] of good) {
  t.same(check(key, text), { value: expected }, `${key}=${text}`)
}

const COUNT = 'is not a number (allowed: an integer of at least 1)'
const SIZE = 'is not a size (allowed: a positive integer, then nothing, K, M, G or T: 64M)'
const SNAPSHOT =
  "is not the start of a snapshot's name (allowed: letters, digits, spaces and .:%-_, without the dataset and the @)"
const LOCK =
  'is not a retention (allowed: none, governance:AGE, compliance:AGE, with an age such as 30d, 6m or 1y)'
const LONGEST = 'is not a retention (allowed: more than 0 and at most 36500d)'
const WORD = 'is not one word (allowed: letters, digits and .-_)'
const EMPTY = 'empty value (omit the setting to leave it unset)'
const CONTROL = 'the value contains a line break, a tab or another control character'
const bad: readonly [Key, string, string][] = [
  ['CONCURRENCY', '0', `'0' ${COUNT}`],
  ['CONCURRENCY', '-1', `'-1' ${COUNT}`],
  ['CONCURRENCY', '1e3', `'1e3' ${COUNT}`],
  ['CONCURRENCY', '8 ; threads', `'8 ; threads' ${COUNT}`],
  ['MAX_RETRIES', '99999999999999999999', `'99999999999999999999' ${COUNT}`],
  ['CHUNK_SIZE', '1.5G', `'1.5G' ${SIZE}`],
  ['CHUNK_SIZE', '10MB', `'10MB' ${SIZE}`],
  ['MAX_MEMORY', '0', `'0' ${SIZE}`],
  ...['0s', '15', '15 m', '-1m', '25d', '1w', 'soon'].map((text): [Key, string, string] => [
    'RETRY_FOR',
    text,
    `'${text}' is not a duration (allowed: a number and s, m, h or d, at most 24d: 90s, 15m, 2h)`,
  ]),
  ['S3_ADDRESSING', 'dns', "'dns' is not an addressing style (allowed: auto, path, virtual)"],
  ['ENCRYPTOR', 'x', "'x' is not an encryptor (allowed: none, gpg, age)"],
  [
    'ENCRYPTOR',
    '"gpg"',
    `'"gpg"' is not an encryptor (allowed: none, gpg, age; quotes are part of the value)`,
  ],
  ['AGE_RECIPIENTS_FILE', '~/r', "'~/r' is not an absolute path (allowed: /path/to/file)"],
  [
    'AGE_IDENTITY',
    'AGE-SECRET-KEY-1HUSH',
    'an age identity is not an absolute path (allowed: /path/to/file)',
  ],
  ['S3_REGION', 'eu west', `'eu west' ${WORD}`],
  ['S3_STORAGE_CLASS', 'A;B', `'A;B' ${WORD}`],
  ['S3_TAGS', 'a', "'a' is not a tag (allowed: KEY=VALUE, several separated by commas)"],
  ['S3_TAGS', 'a=b,a=c', "the tag 'a' is given twice"],
  ['S3_TAGS', 'a=b;c', "'a=b;c' is not a tag (allowed: letters, digits, spaces and +-=._:/@)"],
  ['S3_TAGS', 'aws:a=b', "'aws:a' is not a key of a tag: aws: is reserved"],
  [
    'S3_TAGS',
    Array.from({ length: 11 }, (_, i) => `k${String(i)}=`).join(','),
    '11 tags (allowed: at most 10)',
  ],
  [
    'S3_TAGS',
    `a=${'v'.repeat(257)}`,
    "the tag 'a' is too long (allowed: 128 characters and a value of 256)",
  ],
  ['S3_LOCK', 'governance', `'governance' ${LOCK}`],
  ['S3_LOCK', 'governance:30 d', `'governance:30 d' ${LOCK}`],
  ['S3_LOCK', 'GOVERNANCE:30d', `'GOVERNANCE:30d' ${LOCK}`],
  ['S3_LOCK', 'governance:0d', `'governance:0d' ${LONGEST}`],
  ['S3_LOCK', 'compliance:36501d', `'compliance:36501d' ${LONGEST}`],
  ['SNAPSHOT_PREFIX', 'tank@daily', `'tank@daily' ${SNAPSHOT}`],
  ['FILESYSTEM', 'tank@a', 'invalid dataset name "tank@a": it has the character "@"'],
  ['FILESYSTEM', 'tank/', 'invalid dataset name "tank/": a part of it is empty'],
  ['FILESYSTEM', ' tank', 'invalid dataset name " tank": its pool does not begin with a letter'],
  ['BUCKET', '', EMPTY],
  ['CONCURRENCY', '', EMPTY],
  ['S3_SECRET', '', EMPTY],
  ['S3_SECRET', 'hush\n', CONTROL],
  ['S3_PREFIX', 'a\tb', CONTROL],
]
for (const [key, text, message] of bad) {
  t.same(check(key, text), { what: message }, `${key}=${JSON.stringify(text)}`)
}
