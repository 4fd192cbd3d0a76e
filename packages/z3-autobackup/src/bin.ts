import { run } from '@z3/cli'
import { main } from './main.js'

// the AWS SDK, loaded for buckets, would print seven lines about Node 20
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
await run('z3-autobackup', main)
