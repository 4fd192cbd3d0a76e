// second-signal.mjs DIR: two stages that take no notice of SIGTERM, and signals
// watched as @z3/cli does it
import { runPipeline } from '../dist/index.js'

const controller = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (controller.signal.aborted) {
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    }
    controller.abort()
    process.stdout.write('ending\n')
  })
}
const stubborn = new URL('../../../fixtures/commands/stubborn', import.meta.url)
await runPipeline(
  ['0', '1'].map((name) => ({
    file: stubborn.pathname,
    args: [`${process.argv[2]}/${name}`],
  })),
  { env: process.env, signal: controller.signal },
)
