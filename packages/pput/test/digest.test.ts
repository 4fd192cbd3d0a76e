import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { MIB } from '@z3/core'
import { pattern, runBinary, runShell } from '@z3/fixtures'
import t from 'tap'
import { setup } from './setup.js'

void t.test('--digest: of the whole, and of every part', async (t) => {
  const bucket = await setup(t)
  const data = pattern(17 * MIB + 11)
  const dir = t.testdir({ data, store: {} })
  const parts = [0, 5, 10, 15].map((at) => data.subarray(at * MIB, (at + 5) * MIB))
  for (const [name, env] of [
    ['a server', bucket.env],
    ['a directory', { BUCKET: `file://${dir}/store` }],
  ] as const) {
    const { code, stdout, stderr } = await runShell(
      `cat ${dir}/data | pput -q --json --digest -s 5M k`,
      { env },
    )
    t.equal(code, 0, stderr)
    t.match(
      JSON.parse(String(stdout)),
      {
        sha256: createHash('sha256').update(data).digest('hex'),
        crc32: crc32(data),
        part_bytes: parts.map((part) => part.length),
        part_crc32: parts.map((part) => crc32(part)),
      },
      name,
    )
  }
  t.ok((await bucket.get('k')).equals(data))
})

void t.test('without it, nothing of that is computed', async (t) => {
  const bucket = await setup(t)
  const { stdout } = await runBinary('pput', ['-q', '--json', 'k'], {
    env: bucket.env,
    stdin: 'x',
  })
  t.notMatch(String(stdout), 'sha256')
})
