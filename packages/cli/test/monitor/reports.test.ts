import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { testIo } from '@z3/fixtures'
import { Z3Error } from '@z3/core'
import t, { type Test } from 'tap'
import { Interrupted, monitorOptions, runCommand, type CommandSpec } from '../../src/index.js'
import { LogTail } from '../../src/monitor/log-tail.js'
import { startPing } from '../../src/monitor/ping.js'

const spec: CommandSpec<typeof monitorOptions> = {
  name: 'prog',
  usage: '[options]',
  description: 'Does a thing.',
  options: monitorOptions,
  operands: { least: 0, most: 1 },
  takesCommand: false,
  monitored: () => 'prog',
  examples: [],
  exitStatus: '0 done.',
  version: '1.2.3',
}

const fail = (): number => {
  throw new Z3Error('stage-failed', 'zfs failed with key s3cr3t-key', { hint: 'See the log.' })
}

const run = async (
  env: Readonly<Record<string, string>>,
  work: (io: ReturnType<typeof testIo>) => number | Promise<number> = () => 0,
) => {
  const io = testIo({ PATH: process.env['PATH'] ?? '', ...env })
  const status = await runCommand(spec, ['tank/a'], io, async (_args, inner) =>
    work({ ...io, stderr: inner.stderr }),
  )
  return { status, err: io.err() }
}

/** A server that is told of runs. */
const pings = async (t: Test, answer: (request: IncomingMessage) => number | undefined) => {
  const seen: { url: string | undefined; method: string | undefined; body: string }[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      seen.push({ url: request.url, method: request.method, body })
      const status = answer(request)
      if (status === undefined) return
      response.writeHead(status)
      response.end('OK')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { seen, url: `http://127.0.0.1:${String(port)}` }
}

void t.test('PING_URL: start, success, failure', async (t) => {
  const { seen, url } = await pings(t, () => 200)
  const env = {
    Z3_PING_URL: `${url}/ping/uuid-of-check?create=1`,
    S3_KEY_ID: 'an-access-key',
    S3_SECRET: 's3cr3t-key',
  }
  t.same(await run(env), { status: 0, err: '' })
  t.equal((await run(env, fail)).status, 1)
  t.match(seen, [
    { url: '/ping/uuid-of-check/start?create=1', method: 'POST', body: '' },
    {
      url: '/ping/uuid-of-check?create=1',
      method: 'POST',
      body: /^prog: exit status 0 after \d+\.\d s\n$/,
    },
    { url: '/ping/uuid-of-check/start?create=1' },
    {
      url: '/ping/uuid-of-check/fail?create=1',
      body: /^prog: zfs failed with key \*{8}\nhint: See the log\.\nprog: exit status 1 after \d+\.\d s\n$/,
    },
  ])
  t.equal(seen.length, 4)
})

void t.test('PING_URL: never the reason for a failure', async (t) => {
  let refused = 1
  const once = await pings(t, () => (refused-- > 0 ? 503 : 200))
  t.same(await run({ Z3_PING_URL: once.url }), { status: 0, err: '' }, 'a second attempt')
  t.equal(once.seen.length, 3)
  const never = await pings(t, () => 404)
  t.same(await run({ Z3_PING_URL: `${never.url}/secret` }), {
    status: 0,
    err: 'prog: cannot reach PING_URL/start: HTTP status 404\nprog: cannot reach PING_URL: HTTP status 404\n',
  })
  const { err, status } = await run({ Z3_PING_URL: 'http://127.0.0.1:9/secret' }, fail)
  t.equal(status, 1)
  t.match(err, /^prog: cannot reach PING_URL\/fail: [A-Za-z ]+$/m)
  t.notMatch(err, 'secret')
  for (const bad of ['ftp://host/x', 'host', 'https://user:word@host/']) {
    const refused = await run({ Z3_PING_URL: bad })
    t.match(refused.err, 'environment variable Z3_PING_URL: not a URL')
    t.notMatch(refused.err, bad)
  }
})

void t.test('PING_URL: a server that hangs, and a signal', async (t) => {
  const { seen, url } = await pings(t, ({ url }) => (url === '/fail' ? 200 : undefined))
  const { status } = await run({ Z3_PING_URL: url }, (io) => {
    const reason = new Interrupted('SIGTERM')
    io.abort(reason)
    throw reason
  })
  t.equal(status, 143)
  t.equal(seen.at(-1)?.url, '/fail', 'the start is given up, the end is reported')
})

void t.test('PING_URL: a server that hangs', async (t) => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const { seen, url } = await pings(t, () => undefined)
  const warnings: string[] = []
  const { signal } = new AbortController()
  const ping = startPing(
    url,
    () => 300,
    signal,
    (line) => warnings.push(line),
  )
  // it would collect a time limit that nothing refers to
  const timer = setInterval(gc, 50)
  await ping.end(true, 'log')
  clearInterval(timer)
  t.same(
    seen.map((request) => request.url),
    ['/start', '/start', '/'],
  )
  t.same(warnings, [
    'cannot reach PING_URL/start: no response in time',
    'cannot reach PING_URL: no response in time',
  ])
})

void t.test('NOTIFY_COMMAND', async (t) => {
  const dir = t.testdir({
    tell: '#!/bin/sh\n{ echo "$1 $Z3_PROGRAM:$Z3_RUN:$Z3_EXIT_STATUS"; cat; } > "$2"\necho x; exit 0\n',
  })
  const file = `${dir}/told`
  const tell = { Z3_NOTIFY_COMMAND: `/bin/sh ${dir}/tell 'two words' ${file}` }
  t.same(await run(tell), { status: 0, err: '' })
  t.throws(() => readFileSync(file), 'not after a success')
  t.equal((await run(tell, fail)).err, 'prog: zfs failed with key s3cr3t-key\nhint: See the log.\n')
  t.match(
    readFileSync(file, 'utf8'),
    /^two words prog:tank\/a:1\nprog: zfs failed with key .*\nhint: See the log\.\nprog: exit status 1 after .*\n$/,
  )
  for (const [command, message] of [
    ['false', 'NOTIFY_COMMAND failed: exit status 1'],
    ['no-such-program', 'NOTIFY_COMMAND failed: spawn no-such-program ENOENT'],
    [`/bin/sh -c 'kill -9 $$'`, 'NOTIFY_COMMAND failed: ended by SIGKILL'],
  ] as const) {
    const { status, err } = await run({ Z3_NOTIFY_COMMAND: command }, fail)
    t.equal(status, 1, command)
    t.match(err, `prog: ${message}\n`)
  }
  writeFileSync(file, '')
  const shell = await run({ Z3_NOTIFY_COMMAND: `echo a > ${file}` }, fail)
  t.match(shell.err, 'zfs failed', 'the program itself reports a wrong configuration')
  t.equal(readFileSync(file, 'utf8'), '', 'no shell runs it')
})

void t.test('the last lines of a log', (t) => {
  const out: string[] = []
  const log = new LogTail({ write: (data) => out.push(String(data)) }, 'prog', ['s3cr3t', 'tin'])
  log.write('first s3cr3t tin\n')
  t.equal(log.text, 'first ******** tin\n')
  const line = `${'é'.repeat(50)}\n`
  for (let i = 0; i < 1000; i += 1) log.write(line)
  t.equal(out.length, 1001, 'all is passed on')
  t.ok(Buffer.byteLength(log.text) <= 10_000)
  t.ok(log.text.startsWith(line) && log.text.endsWith(line), 'whole lines')
  log.write('x'.repeat(50_000))
  t.equal(log.text, 'x'.repeat(10_000), 'one endless line')
  t.end()
})
