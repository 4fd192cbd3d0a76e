import t from 'tap'
import { EXIT, Z3Error, type ErrorCode } from '../src/index.js'

void t.test('the exit status is the contract', (t) => {
  t.same(EXIT, {
    ok: 0,
    failed: 1,
    usage: 2,
    integrity: 3,
    missing: 4,
    locked: 5,
    unchecked: 6,
  })
  const table: Record<number, ErrorCode[]> = {
    1: [
      'access-denied',
      'bad-credentials',
      'clock-skew',
      'no-such-bucket',
      'wrong-region',
      'store-unavailable',
      'empty-input',
      'producer-failed',
      'not-committed',
      'output-failed',
      'no-space',
      'stream-too-large',
      'not-permitted',
      'not-restored',
      'program-missing',
      'ssh-failed',
      'stage-failed',
      'zfs-failed',
      'zfs-unavailable',
    ],
    2: [
      'usage',
      'config',
      'invalid-size',
      'invalid-metadata',
      'send-flags-differ',
      'unknown-compressor',
    ],
    3: [
      'object-changed',
      'checksum-mismatch',
      'size-mismatch',
      'object-exists',
      'broken-chain',
      'dataset-exists',
      'destination-ahead',
      'destination-diverged',
      'destination-modified',
      'no-common-snapshot',
      'snapshot-conflict',
    ],
    4: ['no-such-key', 'no-such-dataset', 'no-such-snapshot'],
    5: ['locked'],
    6: ['completed-unchecked', 'completion-unknown'],
  }
  for (const [status, codes] of Object.entries(table)) {
    for (const code of codes) {
      t.equal(new Z3Error(code, 'x').exitStatus, Number(status), code)
    }
  }
  t.end()
})

void t.test('an error carries what failed, what to do, and why', (t) => {
  const cause = new Error('deep')
  const error = new Z3Error('usage', 'wrong', { hint: 'Do it right.', cause })
  t.type(error, Error)
  t.match(error, {
    message: 'wrong',
    hint: 'Do it right.',
    code: 'usage',
    cause,
  })
  const bare = new Z3Error('usage', 'wrong')
  t.equal(bare.hint, undefined)
  t.notOk('cause' in bare, 'no cause is no property')
  t.end()
})
