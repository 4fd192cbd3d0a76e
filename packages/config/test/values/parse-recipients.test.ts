import t from 'tap'
import { optionOf } from '../../src/options.js'
import { checkValue } from '../../src/values/value-types.js'

const parseRecipients = (text: string) => checkValue(optionOf('AGE_RECIPIENTS'), text)

t.same(parseRecipients('age1qy'), { value: ['age1qy'] })
t.same(
  parseRecipients(' age1qy, age1yubikey1qz,age1pq1x  age1a,'),
  { value: ['age1qy', 'age1yubikey1qz', 'age1pq1x', 'age1a'] },
  'separated by spaces or commas',
)

const ALLOWED = 'allowed: age1…, several separated by spaces or commas'
const bad: readonly [string, string][] = [
  [' , ', `no recipient (${ALLOWED})`],
  ['age1qy bob', `'bob' is not an age recipient (${ALLOWED})`],
  ['AGE1QY', `'AGE1QY' is not an age recipient (${ALLOWED})`],
  ['age1', `'age1' is not an age recipient (${ALLOWED})`],
  [
    'ssh-ed25519 AAAA',
    `'ssh-ed25519' is not an age recipient (${ALLOWED}; put SSH keys into the file that AGE_RECIPIENTS_FILE names)`,
  ],
  ['age1qy AGE-SECRET-KEY-1HUSH', `an age identity is not an age recipient (${ALLOWED})`],
  ['age1qy;age-plugin-yubikey-1hush', `an age identity is not an age recipient (${ALLOWED})`],
]
for (const [text, message] of bad) {
  t.same(parseRecipients(text), { what: message }, text)
}
