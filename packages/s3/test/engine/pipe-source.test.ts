import { setTimeout as sleep } from 'node:timers/promises'
import { pattern } from '@z3/fixtures'
import t from 'tap'
import { openSource } from '../../src/engine/open-source.js'
import { PipeSource } from '../../src/engine/pipe-source.js'
import { fifo } from './fifo.js'

const DATA = pattern(3_000_017)

/** Read all in buffers of one size, with a pause after some of them. */
const readAll = async (
  source: PipeSource,
  size: number,
  pauseAfter: (n: number) => number,
): Promise<{ bytes: Buffer; chunks: Buffer }> => {
  const parts: Buffer[] = []
  const seen: Buffer[] = []
  for (let n = 0; ; n++) {
    const buffer = Buffer.alloc(size)
    const filled = await source.fill(buffer, (chunk) => {
      seen.push(Buffer.from(chunk))
    })
    parts.push(buffer.subarray(0, filled))
    if (filled < size) break
    const pause = pauseAfter(n)
    if (pause > 0) await sleep(pause)
  }
  return { bytes: Buffer.concat(parts), chunks: Buffer.concat(seen) }
}

for (const size of [1, 1000, 65_536, 65_537, 300_000, 4_000_000]) {
  void t.test(`every byte arrives in buffers of ${String(size)}`, async (t) => {
    const length = Math.min(DATA.length, size * 400)
    const dir = t.testdir({ data: DATA })
    const { fd } = fifo(dir, 'head -c "$1" "$2"', [String(length), `${dir}/data`])
    const source = new PipeSource(fd)
    const { bytes, chunks } = await readAll(source, size, (n) => (n % 30 === 0 ? 5 : 0))
    t.equal(bytes.length, length)
    t.ok(bytes.equals(DATA.subarray(0, length)), 'every byte')
    t.ok(chunks.equals(bytes), 'each was told of once, in order')
    source.close()
  })
}

void t.test('a writer that is slow', async (t) => {
  const { fd } = fifo(t.testdir(), 'for i in 1 2 3 4; do printf abcdefgh; sleep 0.05; done')
  const source = new PipeSource(fd)
  const { bytes } = await readAll(source, 5, () => 30)
  t.equal(bytes.toString(), 'abcdefgh'.repeat(4))
  source.close()
})

void t.test('an end without a byte', async (t) => {
  const { fd } = fifo(t.testdir(), ':')
  const source = openSource(fd)
  t.equal(await source.fill(Buffer.alloc(10), () => undefined), 0)
  t.equal(await source.fill(Buffer.alloc(10), () => undefined), 0, 'and it stays the end')
  source.close()
})

void t.test('the writer sees a closed pipe', async (t) => {
  const { fd, writer } = fifo(t.testdir(), 'exec cat /dev/zero')
  const source = new PipeSource(fd)
  await source.fill(Buffer.alloc(100_000), () => undefined)
  const ended = new Promise((resolve) =>
    writer.on('exit', (_, s) => {
      resolve(s)
    }),
  )
  source.close()
  t.equal(await ended, 'SIGPIPE')
})
