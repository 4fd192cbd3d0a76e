import t from 'tap'
import { describeSource } from '../src/layers.js'

t.equal(describeSource({ kind: 'flag', name: '--bucket' }), '--bucket')
t.equal(
  describeSource({ kind: 'environment', name: 'Z3_BUCKET' }),
  'environment variable Z3_BUCKET',
)
t.equal(
  describeSource({
    kind: 'file',
    file: '/z3.conf',
    line: 3,
    section: 'fs:tank',
    name: 'CONCURRENCY',
  }),
  '/z3.conf:3 [fs:tank]',
)
t.equal(describeSource({ kind: 'default' }), 'default')
