/** The page of all error codes is complete and right. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { ERROR_CODES, Z3Error } from '../src/index.js'

const page = fileURLToPath(new URL('../../../docs/troubleshooting.md', import.meta.url))
const rows = [...readFileSync(page, 'utf8').matchAll(/^\| `([a-z-]+)` +\| (\d)/gm)]

void t.test('docs/troubleshooting.md has every code once, with its exit status', (t) => {
  t.same(rows.map(([, code]) => code).sort(), [...ERROR_CODES].sort())
  for (const code of ERROR_CODES) {
    const [, , status] = rows.find(([, name]) => name === code) ?? []
    t.equal(Number(status), new Z3Error(code, 'message').exitStatus, code)
  }
  t.end()
})
