import t from 'tap'
import { listsManyParts, realServer, verifiesDownloads } from './real.js'

// radosgw 20: does all of it, but is not asked for checksums without TLS
await realServer(t, 'rgw20', { wholeCrc32: false })
await listsManyParts(t, 'rgw20')
await verifiesDownloads(t, 'rgw20', true)
