import t from 'tap'
import { realServer } from './real.js'

// the same over TLS
await realServer(t, 'rgw-tls', {
  conditionalComplete: false,
  underscoreInMetadata: false,
  wholeCrc32: false,
})
