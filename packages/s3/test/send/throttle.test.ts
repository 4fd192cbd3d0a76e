import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseRate, rateAt } from '@z3/core'
import t from 'tap'
import { plainAgents } from '../../src/s3/connection/plain-agents.js'
import { sendHttp } from '../../src/s3/send/send-http.js'
import { Throttle } from '../../src/s3/throttle.js'

const MS = 1_000_000n
const HOUR = 3_600_000n * MS

void t.test('a token bucket that threads share', (t) => {
  const one = Throttle.open(parseRate('100K'))
  // another thread has the same memory
  const other = new Throttle(one.state)
  t.equal(one.slice, 10 * 1024)
  t.equal(one.reserve(10 * 1024, HOUR), 0, 'a burst of a tenth of a second')
  t.equal(one.reserve(10 * 1024, HOUR), 0)
  t.equal(other.reserve(10 * 1024, HOUR), 100, 'then each waits for those before')
  t.equal(one.reserve(10 * 1024, HOUR), 200)
  t.equal(other.reserve(1024, HOUR + 350n * MS), 0, 'time passes')
  t.equal(one.reserve(1024, 2n * HOUR), 0)
  t.equal(one.reserve(100 * 1024, 2n * HOUR), 0)
  t.equal(one.reserve(1, 2n * HOUR), 910, 'a long pause is no credit')
  t.end()
})

void t.test('the limit changes with the time of day', (t) => {
  let date = new Date('2026-11-28T07:59:00')
  const throttle = new Throttle(
    Throttle.open(parseRate('08:00-09:00 10K, 12:00-13:00 4M, none')).state,
    () => date,
  )
  t.equal(throttle.reserve(2 ** 30, HOUR), 0, 'no limit')
  t.equal(throttle.slice, 256 * 1024)
  date = new Date('2026-11-28T08:00:00')
  t.equal(throttle.slice, 1024)
  t.equal(throttle.reserve(10 * 1024, HOUR), 0)
  t.equal(throttle.reserve(1024, HOUR), 900)
  date = new Date('2026-11-28T12:00:00')
  t.equal(throttle.slice, 256 * 1024, 'large slices are no smoother')
  t.end()
})

void t.test('a clock that is set forward or back: what it shows counts', (t) => {
  const schedule = parseRate('02:00-03:00 2M, 20M')
  const zone = process.env['TZ']
  t.teardown(() => {
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
  })
  process.env['TZ'] = 'Europe/Berlin'
  const hours = (first: string) =>
    [0, 1, 2].map((hour) => rateAt(schedule, new Date(Date.parse(first) + hour * 3_600_000)))
  const [slow, fast] = [2 * 2 ** 20, 20 * 2 ** 20]
  t.strictSame(hours('2026-03-29T00:30:00Z'), [fast, fast, fast], '01:30, 03:30, 04:30')
  t.strictSame(hours('2026-10-25T00:30:00Z'), [slow, slow, fast], '02:30, 02:30, 03:30')
  t.end()
})

void t.test('who waits for the throttle is not idle, and nothing is lost', async (t) => {
  const bodies: Buffer[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks))
      response.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const agents = plainAgents({ proxy: undefined, ca: undefined }, 2)
  t.teardown(() => {
    agents.httpAgent.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const send = (body: Buffer, signal?: AbortSignal) =>
    sendHttp(
      {
        ...{ method: 'PUT', protocol: 'http:', hostname: '127.0.0.1', port, path: '/k' },
        headers: { 'content-length': String(body.byteLength) },
      },
      body,
      agents,
      { connect: 60_000, idle: 200 },
      signal,
      // each slice waits longer than the time limit of an idle request
      Object.assign(Throttle.open(parseRate('10K')), { reserve: () => 400 }),
    )
  const body = Buffer.from(Array.from({ length: 2500 }, (_, index) => index % 251))
  t.equal((await send(body)).status, 200)
  t.same(bodies, [body])
  const controller = new AbortController()
  const sent = send(body, controller.signal)
  controller.abort(new Error('enough'))
  await t.rejects(sent, { message: 'enough' })
  t.equal((await send(Buffer.alloc(0))).status, 200)
})
