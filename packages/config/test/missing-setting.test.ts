import t from 'tap'
import { missingSetting } from '../src/load-config.js'

t.match(missingSetting('BUCKET', { file: '/x/z3.conf' }), {
  code: 'config',
  message: 'BUCKET is not set',
  hint: 'Set it with the flag --bucket, the environment (Z3_BUCKET, BUCKET) or BUCKET in [main] of /x/z3.conf.',
})
t.match(missingSetting('S3_SECRET', { file: undefined }), {
  message: 'S3_SECRET is not set',
  hint: 'Set it with the environment (Z3_S3_SECRET, S3_SECRET) or S3_SECRET in [main] of /etc/z3_backup/z3.conf.',
})
t.match(missingSetting('CHUNK_SIZE', { file: undefined }), {
  hint: /or CHUNK_SIZE in \[main\] or \[fs:DATASET\] of /,
})
t.match(missingSetting('S3_ENDPOINT', { file: undefined }), {
  hint: / S3_ENDPOINT or HOST in \[main\] of /,
})
