import t from 'tap'
import { listsManyKeys, listsManyParts, realServer, verifiesDownloads } from './real.js'

// radosgw 16: ignores checksums and the condition on Complete, folds _ to -
await realServer(t, 'rgw', {
  underscoreInMetadata: false,
  wholeCrc32: false,
})
await listsManyKeys(t, 'rgw')
await listsManyParts(t, 'rgw')
await verifiesDownloads(t, 'rgw')
