import { Z3Error } from '@z3/core'
import t from 'tap'
import { addToReport, reportError } from '../src/report-error.js'

const report = (error: unknown, { debug = false, json = false } = {}) => {
  let out = ''
  let err = ''
  const status = reportError(
    error,
    {
      stdout: { write: (text: string) => (out += text) },
      stderr: { write: (text: string) => (err += text) },
    },
    { name: 'pput', debug, json },
  )
  return { status, out, err }
}

void t.test('an expected error is two lines', (t) => {
  const error = new Z3Error('no-such-key', "no 'k'", { hint: 'Look again.' })
  t.strictSame(report(error), {
    status: 4,
    out: '',
    err: "pput: no 'k'\nhint: Look again.\n",
  })
  t.match(report(error, { debug: true }).err, /report-error\.test/)
  t.match(JSON.parse(report(error, { json: true }).out), {
    status: 'error',
    code: 'no-such-key',
  })
  t.end()
})

void t.test('JSON tells what was done before', (t) => {
  const error = new Z3Error('locked', 'x')
  addToReport(error, { snapshots: ['a'] })
  t.equal(
    report(error, { json: true }).out,
    '{"status":"error","code":"locked","message":"x","snapshots":["a"]}\n',
  )
  t.end()
})

void t.test('a defect of ours shows its stack', (t) => {
  const { status, err } = report(new TypeError('x is not a function'))
  t.equal(status, 1)
  t.match(err, /^pput: internal error: x is not a function\nTypeError/)
  t.end()
})

void t.test('nothing from outside reaches the terminal as it is', (t) => {
  const { err } = report(new Z3Error('no-such-key', "'a\u001b[2J\r\u009bb' ü"))
  t.equal(err, "pput: 'a\\x1b[2J\\x0d\\x9bb' ü\n")
  t.end()
})
