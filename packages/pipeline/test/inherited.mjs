// inherited.mjs STDIN STDOUT SCRIPT...: a pipeline of scripts; `inherit`: that end
// is the one of this process
import { runPipeline } from '../dist/index.js'

// as cli's run does, which makes a pipe there non-blocking
process.stdout.on('error', () => undefined)
const [stdin, stdout, ...scripts] = process.argv.slice(2)
const inherit = (word) => (word === 'inherit' ? 'inherit' : undefined)
try {
  const result = await runPipeline(
    scripts.map((script) => ({ file: 'sh', args: ['-c', script] })),
    {
      env: process.env,
      signal: new AbortController().signal,
      captureStdout: true,
      stdin: inherit(stdin),
      stdout: inherit(stdout),
    },
  )
  process.stderr.write(`captured ${JSON.stringify(result.stdout)}\n`)
} catch (error) {
  process.stderr.write(`culprit ${String(error.culprit ?? error.stack)}\n`)
  process.exitCode = 1
}
