import t from 'tap'
import { realServer } from './real.js'

// s3api: ignores checksums, looks before it completes but not atomically,
// at most 256 bytes a value
await realServer(t, 'swift', {
  conditionalComplete: false,
  underscoreInMetadata: false,
  wholeCrc32: false,
  longMetadata: false,
})
