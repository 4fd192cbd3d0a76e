import t from 'tap'
import { realServer } from './real.js'

// over TLS the server is asked for checksums, and checks them
await realServer(t, 'rgw20-tls', { onePartCrc32: false })
