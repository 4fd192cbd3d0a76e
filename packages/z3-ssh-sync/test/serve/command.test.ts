import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { runCommand } from '@z3/cli'
import { testIo } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { action, spec } from '../../src/serve/command.js'
import { HEADER_BYTES } from '../../src/serve/check-stream.js'
import { serve, type ServeOptions } from './run-serve.js'

const DATASET = ['--dataset', 'tank/backup']

/** A zfs that writes down how it was called, and does what its argument says. */
const ZFS = `#!/bin/sh
dir=$(dirname "$0")
printf '%s\\n' "$@" > "$dir/args"
env > "$dir/env"
case $* in
  *-nvP*) cat "$dir/token"; exit "$(cat "$dir/status")" ;;
  *fails*) echo "cannot open 'x': dataset does not exist" >&2; exit 3 ;;
  *killed*) kill -9 $$ ;;
  send*) cat "$dir/stream" ;;
  receive*)
    echo "Warning: x: property 'mountpoint' does not apply to datasets of this type" >&2
    echo "Warning: x: property 'recordsize' does not apply to datasets of this type" >&2
    cat > "$dir/received" ;;
  list*) echo a list ;;
esac
`

/** What a stream of one snapshot begins with: as root, no other is received. */
const BEGIN = Buffer.alloc(HEADER_BYTES)
BEGIN.writeBigUInt64LE(0x2f5bacbacn, 8)
BEGIN.writeBigUInt64LE(0x11n, 16)

const fakeZfs = (t: Test, files: Record<string, string> = {}) => {
  const dir = t.testdir({
    zfs: ZFS,
    stream: Buffer.concat([BEGIN, Buffer.alloc(100_000 - HEADER_BYTES, 'x')]),
    ...files,
  })
  chmodSync(`${dir}/zfs`, 0o755)
  const PATH = `${dir}:${String(process.env['PATH'])}`
  return {
    run: (text: string | undefined, { env = {}, ...options }: ServeOptions = {}) =>
      serve(DATASET, text, { ...options, env: { PATH, ...env } }),
    read: (name: string) => readFileSync(`${dir}/${name}`, 'utf8'),
    wasRun: () => existsSync(`${dir}/args`),
    /** In this process: for what is not to be run. */
    refuse: async (text: string | undefined, args: readonly string[] = []) => {
      const io = testIo({
        PATH,
        ...(text === undefined ? {} : { SSH_ORIGINAL_COMMAND: text }),
      })
      const argv = [...DATASET, ...args]
      const code = await runCommand(spec, argv, io, (parsed) => action(parsed, io))
      return { code, stdout: io.out(), stderr: io.err() }
    },
  }
}

void t.test('a command, and its status', async (t) => {
  const { run, read } = fakeZfs(t)
  const listed = await run('zfs list -Ho name tank/backup')
  t.match(listed, { code: 0, stderr: '', stdout: Buffer.from('a list\n') })
  t.equal(read('args'), 'list\n-H\n-o\nname\ntank/backup\n')
  t.match(await run('zfs list tank/backup/fails'), {
    code: 3,
    stderr: "cannot open 'x': dataset does not exist\n",
  })
  t.match(await run('zfs list tank/backup/killed'), {
    code: 137,
    stderr: /^z3-ssh-sync serve: 'zfs .*' was killed by SIGKILL\n$/,
  })
})

void t.test('a stream in, through filters, every byte', async (t) => {
  const { run, read } = fakeZfs(t)
  const input = Buffer.concat([BEGIN, randomBytes(3_000_000)])
  const sum = (data: Uint8Array) => createHash('sha256').update(data).digest('hex')
  const packed = await run('zfs send tank/backup@a | gzip -c')
  t.equal(packed.code, 0)
  const back = await run('gzip -d -c | zfs receive -u -s tank/backup/b', {
    input: packed.stdout,
  })
  t.equal(back.code, 0)
  t.equal(read('received'), read('stream'))
  await run('zfs receive -u -s tank/backup/b', { input })
  t.equal(sum(Buffer.from(readFileSync(`${t.testdirName}/received`))), sum(input))
  const cut = await run('gzip -d -c | zfs receive -u tank/backup/b', {
    input: packed.stdout.subarray(0, 100),
  })
  t.equal(cut.code, 1, "gzip's own status, whatever zfs says")
  t.match(cut.stderr, /gzip: .*unexpected end of file/)
})

void t.test('a stream out; a reader that goes away', async (t) => {
  const { run, read } = fakeZfs(t)
  t.equal((await run('zfs send tank/backup@a')).stdout.toString(), read('stream'))
  const failed = await run('zfs send tank/backup@fails | gzip -c')
  t.equal(failed.code, 3, 'the status of zfs, not of the last')
})

void t.test('a warning about what we have added is ours', async (t) => {
  const { run } = fakeZfs(t)
  const { stderr } = await run('zfs receive tank/backup/b')
  t.equal(stderr, "Warning: x: property 'recordsize' does not apply to datasets of this type\n")
})

void t.test('nothing of the environment reaches a program', async (t) => {
  const { run, read } = fakeZfs(t)
  await run('zfs list tank/backup', {
    env: { ZSTD_CLEVEL: '19', GZIP: '-9', LANG: 'de_DE.UTF-8', LC_X: 'y' },
  })
  const names = Array.from(read('env').matchAll(/^(\w+)=/gm), ([, name = '']) => name)
  // sh and tap have their own
  const ours = names.filter((name) => !/^(?:_|PWD|SHLVL|OLDPWD|NODE|_?TAP)/.test(name))
  // z3 starts programs of its own, which must not write JSON
  t.strictSame(ours.sort(), ['HOME', 'LANG', 'LC_CTYPE', 'LC_MESSAGES', 'PATH', 'Z3_LOG_FORMAT'])
  t.match(read('env'), /^Z3_LOG_FORMAT=text$/m)
  t.match(read('env'), /^LC_MESSAGES=C$/m)
  t.match(read('env'), /^PATH=.*:\/usr\/sbin/m)
})

void t.test('what is refused is not run', async (t) => {
  const { refuse, wasRun } = fakeZfs(t)
  const not = 'z3-ssh-sync serve: not allowed: '
  for (const [text, said, args = []] of [
    ['zfs destroy tank/backup', "'tank/backup' is not a name: zfs destroy tank/backup"],
    ['zfs list tank', "'tank' is not in 'tank/backup': zfs list tank"],
    ['sh', "'sh': sh"],
    ['zfs list tank/backup; sh', "a ';' at character 21: zfs list tank/backup; sh"],
    ['zfs\nlist\u001b[2J', 'it contains a non-ASCII or control character: zfs\\x0alist\\x1b[2J'],
    ['x'.repeat(500), `'${'x'.repeat(199)}...: ${'x'.repeat(200)}...`],
    [
      'zfs rollback tank/backup@a',
      "'zfs rollback' with --append-only: zfs rollback tank/backup@a",
      ['--append-only'],
    ],
    [
      'zfs receive tank/backup/a',
      "'zfs receive' with --read-only: zfs receive tank/backup/a",
      ['--read-only'],
    ],
    [
      'sudo -n zfs list tank/backup',
      "'sudo' (serve runs without --sudo): sudo -n zfs list tank/backup",
    ],
    [undefined, 'this key permits commands, not logins'],
    ['', 'this key permits commands, not logins'],
  ] as const) {
    const { code, stdout, stderr } = await refuse(text, args)
    t.equal(stderr, `${not}${said}\n`)
    t.equal(code, 126)
    t.equal(stdout.length, 0)
  }
  t.notOk(wasRun())
})

void t.test('a program that is missing', async (t) => {
  const { run } = fakeZfs(t)
  const without = { env: { PATH: t.testdirName } }
  const { code, stderr } = await run('lz4 -d | zfs receive tank/backup/b', without)
  t.equal(stderr, "z3-ssh-sync serve: command not found: 'lz4'\n")
  t.equal(code, 127)
  t.match(await run('command -v lz4', without), {
    code: 1,
    stdout: Buffer.alloc(0),
  })
  t.match(await run('command -v zfs', without), {
    code: 0,
    stdout: Buffer.from(`${t.testdirName}/zfs\n`),
  })
})

void t.test('a token is sent when zfs says that it is inside', async (t) => {
  const token = `resume token contents:
nvlist version: 0
\tobject = 0x2
\ttoguid = 0x7d
\ttoname = tank/backup/a@s
full\ttank/backup/a@s\t12345
size\t12345
`
  const text = 'zfs send -t 1-aa-bb-cc'
  const inside = fakeZfs(t, { token, status: '0' })
  const sent = await inside.run(text)
  t.equal(sent.stdout.length, 100_000, sent.stderr)
  t.equal(sent.code, 0)
  t.equal(inside.read('args'), 'send\n-t\n1-aa-bb-cc\n')
  for (const [other, why] of [
    [token.replaceAll('tank/backup/a', 'tank/other'), /is not in 'tank\/backup'/],
    [token.replace('full\ttank/backup/a', 'full\ttank/other'), /is not in/],
    [token.replace('= tank/backup/a', '= tank/other'), /is not in/],
    [`${token}full\ttank/other@s\t1\n`, /is not in/],
    [token.replace(/^full.*\n/m, ''), /cannot describe/],
    [token.replace(/^.*toname.*\n/m, ''), /cannot describe/],
    ['', /cannot describe/],
  ] as const) {
    const outside = fakeZfs(t, { token: other, status: '0' })
    const { code, stdout, stderr } = await outside.refuse(text)
    t.match(stderr, why)
    t.equal(code, 126)
    t.equal(stdout.length, 0)
    t.match(outside.read('args'), /-nvP/, 'only asked')
  }
  const broken = fakeZfs(t, { token: 'cannot resume send\n', status: '255' })
  const { code, stdout } = await broken.refuse(text)
  t.equal(code, 255, "zfs's own answer")
  t.equal(stdout.length, 0)
})

void t.test('its own command line', async (t) => {
  for (const [argv, message] of [
    [[], '--dataset is required'],
    [['--dataset', 'tank/../x'], /^invalid dataset name/],
    [['--dataset', '/tank'], /^invalid dataset name/],
    [['--dataset', ''], /^invalid dataset name/],
    [[...DATASET, '--append-only', '--read-only'], /exclude each other/],
    [[...DATASET, 'zfs list'], /^unexpected argument/],
    [[...DATASET, ...DATASET], /may be given only once/],
  ] as const) {
    const io = testIo({ SSH_ORIGINAL_COMMAND: 'id -u' })
    const status = await runCommand(spec, argv, io, (args) => action(args, io))
    t.equal(status, 2)
    t.match(io.err().replace('z3-ssh-sync serve: ', ''), message)
  }
})
