// Run tests: compile them, then one process for each file, two per processor, since most of them
// wait for servers and hosts. The files of packages whose tests start nothing share a process:
// loading tap takes longer than most of them. TAP on stdout.
// usage: run-tests.mjs [--jobs N] [--timeout SECONDS] [FILE.test.ts...]   without FILE: all; SECONDS per file
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { parseArgs } from 'node:util'
import t from 'tap'
import { compileTests, findTests, inProcesses } from './compile-tests.mjs'

const { values, positionals } = parseArgs({
  options: {
    jobs: { type: 'string', default: String(2 * availableParallelism()) },
    timeout: { type: 'string', default: process.env.Z3_TEST_TIMEOUT ?? '900' },
  },
  allowPositionals: true,
})
// in reverse order: z3's tests take minutes, and the short ones of core fill the gaps at the end
const tests = positionals.length > 0 ? positionals : (await findTests()).reverse()
const compiled = await compileTests(tests)
// hides the SDK's warning about Node 20
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
// the default of tap is 30 s, too short for a busy machine
process.env.TAP_TIMEOUT ??= values.timeout
t.jobs = Number(values.jobs)
t.setTimeout(0)
for (const { name, script } of await inProcesses(tests, compiled)) {
  void t.spawn(process.execPath, ['--enable-source-maps', script], {
    name,
    timeout: Number(values.timeout) * 1000,
    buffered: true,
  })
}
