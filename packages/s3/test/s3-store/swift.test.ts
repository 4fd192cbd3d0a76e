import t from 'tap'
import { listsManyParts, realServer, verifiesDownloads } from './real.js'

// s3api: ignores checksums, looks before it completes but not atomically,
// at most 256 bytes a value, lists the parts of an upload that is complete
await realServer(t, 'swift', {
  underscoreInMetadata: false,
  wholeCrc32: false,
  longMetadata: false,
  completedIsOver: false,
})
await listsManyParts(t, 'swift')
await verifiesDownloads(t, 'swift')
