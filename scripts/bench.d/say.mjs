import process from 'node:process'

/** Progress goes to stderr: stdout is for the tables. */
export const say = (text) => process.stderr.write(`bench: ${text}\n`)
