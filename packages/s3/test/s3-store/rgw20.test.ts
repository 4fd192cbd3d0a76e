import t from 'tap'
import { realServer } from './real.js'

// radosgw 20: does all of it, but gives a single part a composite checksum
await realServer(t, 'rgw20', { onePartCrc32: false })
