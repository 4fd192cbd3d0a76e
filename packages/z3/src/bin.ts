// the AWS SDK would print seven lines about Node 20 on every run
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
const { run } = await import('@z3/cli')
const { main } = await import('./main.js')
await run('z3', main)

export {}
