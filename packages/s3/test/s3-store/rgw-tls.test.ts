import t from 'tap'
import { realServer } from './real.js'

// the same over TLS
await realServer(t, 'rgw-tls', {
  underscoreInMetadata: false,
  wholeCrc32: false,
})
