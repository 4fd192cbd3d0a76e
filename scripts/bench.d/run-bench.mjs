// The life of a benchmark: options, signals, and what is to be undone at its end
import process from 'node:process'
import { clearInterval, setInterval } from 'node:timers'
import { killAll } from './processes.mjs'
import { say } from './say.mjs'

/**
 * Run a benchmark as a program. What it has begun is undone at its end, on
 * SIGINT and SIGTERM, too.
 *
 * @param program.usage text of --help
 * @param program.readOptions of the words of the command line; may throw
 * @param program.enter runs it elsewhere, and resolves to its exit status;
 *   undefined: here
 * @param program.bench of the options, and a list to put on what is to be
 *   undone, the last first; resolves to the exit status
 * @returns the exit status
 */
export const runBench = async ({ usage, readOptions, enter, bench }) => {
  const args = process.argv.slice(2)
  let options
  try {
    options = readOptions(args)
  } catch (error) {
    say(error.message)
    return 2
  }
  if (options.help) {
    process.stdout.write(usage)
    return 0
  }
  const undo = []
  let working = Promise.resolve()
  let cleaning
  const cleanUp = () => {
    // a second call would end what the first has started
    cleaning ??= (async () => {
      // whatever it begins in the meantime
      const again = setInterval(killAll, 200)
      killAll()
      await working.catch(() => undefined)
      clearInterval(again)
      for (const step of undo.splice(0).reverse()) {
        try {
          await step()
        } catch (error) {
          say(error.message)
        }
      }
    })()
    return cleaning
  }
  try {
    const status = await enter?.(args)
    if (status !== undefined) return status
    for (const [signal, code] of Object.entries({
      SIGINT: 130,
      SIGTERM: 143,
    })) {
      process.once(signal, () => void cleanUp().then(() => process.exit(code)))
    }
    working = bench(options, undo)
    return await working
  } catch (error) {
    // what a signal has ended needs no explanation
    if (!cleaning) say(error.message)
    return 1
  } finally {
    await cleanUp()
  }
}
