import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { runPipeline } from '@z3/pipeline'
import t, { type Test } from 'tap'
import { listSnapshots, sshHost, type Host } from '../../src/index.js'
import { fakeHost, type FakeHost } from './fake-ssh.js'

const target = { user: 'eve', host: 'nas' }

/** Prints its arguments and the locale. */
const zfs = `echo "$LC_ALL $*"`
const root = 'echo 0'
const user = 'echo 1000'

const open = async (
  t: Test,
  fake: FakeHost,
  options: Parameters<typeof sshHost>[1] = {},
): Promise<Host> => {
  const host = await sshHost(target, options, { env: fake.env })
  t.teardown(() => host.close())
  return host
}

void t.test('root runs zfs as it is', async (t) => {
  const fake = fakeHost(t, { zfs, id: root, mbuffer: '', sudo: 'exit 1' })
  const host = await open(t, fake)
  t.equal(host.title, 'eve@nas')
  t.equal(host.user, 'root')
  t.equal(await host.run(['list', "a b'$(id)", '']), "C list a b'$(id) \n")
  t.equal(await host.hasProgram('mbuffer'), true)
  t.equal(await host.hasProgram('zstd'), false)
  t.equal(words(fake).length, 2, 'one question for all that is usual')
  t.equal(await host.hasProgram('cat'), true)
  t.equal(await host.hasProgram('no such'), false)
  t.equal(await host.hasProgram('no such'), false)
  t.equal(words(fake).length, 4, 'one for each that is not')
})

void t.test('sudo', async (t) => {
  const works = 'shift; echo "sudo $*"'
  const refuses = 'echo "sudo: a password is required" >&2; exit 1'
  await t.test('where it works', async (t) => {
    const host = await open(t, fakeHost(t, { zfs, id: user, sudo: works }))
    t.equal(await host.run(['list']), 'sudo zfs list\n')
    const warns = `echo "sudo: unable to resolve host nas" >&2; ${works}`
    const other = await open(t, fakeHost(t, { zfs, id: user, sudo: warns }))
    t.equal(await other.run(['list']), 'sudo zfs list\n')
    t.equal(host.user, 'root')
    const [stage] = host.stages([
      { file: 'zfs', args: ['send', 'a@b'] },
      { file: 'cat', args: [] },
    ])
    t.match(stage?.args.at(-1), /sh -c 'set -o pipefail; sudo -n zfs send a@b \| cat'$/)
  })
  await t.test('where it does not, nor is there', async (t) => {
    for (const scripts of [
      { zfs, id: user, sudo: refuses },
      { zfs, id: user },
    ]) {
      const host = await open(t, fakeHost(t, scripts))
      t.equal(await host.run(['list']), 'C list\n')
      t.equal(host.user, 'eve')
    }
  })
  await t.test('not asked for', async (t) => {
    const fake = fakeHost(t, { zfs, id: user, sudo: 'touch "$0.used"' })
    const host = await open(t, fake, { sudo: 'no' })
    t.equal(await host.run(['list']), 'C list\n')
    t.notOk(existsSync(`${String(fake.env['THERE'])}/sudo.used`))
  })
  await t.test('demanded', async (t) => {
    const refused = fakeHost(t, { zfs, id: user, sudo: refuses })
    await t.rejects(open(t, refused, { sudo: 'yes' }), {
      code: 'not-permitted',
      message: 'eve@nas: sudo requires a password or does not permit zfs',
      hint: /'eve ALL=\(root\) NOPASSWD: .*--no-sudo/,
    })
    t.strictSame(leftovers(refused), [])
    await t.rejects(open(t, fakeHost(t, { zfs, id: user }), { sudo: 'yes' }), {
      code: 'program-missing',
      message: /^eve@nas: .*'sudo'/,
    })
    const asRoot = fakeHost(t, { zfs, id: root })
    const host = await open(t, asRoot, { sudo: 'yes' })
    t.equal(await host.run(['list']), 'C list\n', 'root needs none')
  })
})

void t.test('a zfs that is not in the PATH of sshd', async (t) => {
  const fake = fakeHost(t, { id: root })
  const lacking = { ...fake, env: { ...fake.env } }
  if (['/usr/local/sbin', '/usr/sbin', '/sbin'].some((d) => existsSync(`${d}/zfs`))) {
    t.pass('the one that is installed would be found')
    return
  }
  await t.rejects(open(t, lacking), {
    code: 'zfs-unavailable',
    message: "eve@nas: command not found: 'zfs'",
    hint: /Install ZFS on that host.*:\/usr\/local\/sbin:/,
  })
  t.strictSame(leftovers(lacking), [])
})

void t.test('errors name the host', async (t) => {
  const fake = fakeHost(t, {
    zfs: `case $1 in
      list) echo "cannot open 'tank/x': dataset does not exist" >&2; exit 1 ;;
      get) exit 127 ;;
      send) echo "cannot resume send: resume token is corrupt" >&2; exit 255 ;;
    esac`,
    id: root,
  })
  const host = await open(t, fake)
  await t.rejects(listSnapshots(host.run, 'tank/x'), {
    code: 'no-such-dataset',
    message: "eve@nas: dataset 'tank/x' does not exist",
  })
  await t.rejects(host.run(['get']), {
    code: 'zfs-unavailable',
    message: /^eve@nas: /,
  })
  await t.rejects(host.run(['send']), {
    code: 'zfs-failed',
    message: 'eve@nas: zfs send exited 255: cannot resume send: resume token is corrupt',
  })
})

void t.test('a host that checks its commands', async (t) => {
  const forced = `case "$2" in
    "zfs list"* | "command -v zstd" | "id -u") ;;
    *) echo "serve: not allowed: $2" >&2; exit 126 ;;
  esac`
  const fake = fakeHost(t, { zfs, id: user, zstd: '' }, forced)
  for (const restricted of [undefined, true]) {
    const host = await open(t, fake, { restricted })
    t.match(await host.run(['list', 'tank/with space']), /list tank\/with space\n/)
    t.equal(await host.hasProgram('zstd'), true)
    t.equal(await host.hasProgram('mbuffer'), false)
    const [stage] = host.stages([
      { file: 'zstd', args: ['-d'] },
      { file: 'zfs', args: ['receive', 'a'] },
    ])
    t.equal(stage?.args.at(-1), 'zstd -d | zfs receive a')
    await t.rejects(host.run(['destroy', 'tank']), {
      code: 'not-permitted',
      message: 'eve@nas: serve: not allowed: zfs destroy tank',
    })
  }
  await t.rejects(open(t, fake, { sudo: 'yes', restricted: true }), {
    code: 'not-permitted',
    message: /sudo requires/,
  })
})

void t.test('a shell that talks', async (t) => {
  for (const [forced, line] of [
    ['echo Welcome', '"Welcome"'],
    ['echo "This account is currently not available."; exit 1', '"This account'],
  ] as const) {
    const fake = fakeHost(t, { zfs, id: root }, forced)
    await t.rejects(open(t, fake), {
      code: 'ssh-failed',
      message: new RegExp(`^eve@nas: unexpected output of the login shell: ${line}`),
      hint: /startup files/,
    })
  }
})

void t.test('a pipeline, and which of its commands failed', async (t) => {
  const host = await open(t, fakeHost(t, { zfs: 'echo data; exit 3', id: root, tee: 'cat' }))
  const pipeline = runPipeline(
    host.stages([
      { file: 'zfs', args: ['send', 'tank/with space@a'] },
      { file: 'cat', args: [] },
    ]),
    {
      env: { PATH: '/nonexistent' },
      signal: new AbortController().signal,
    },
  )
  await t.rejects(pipeline, {
    code: 'program-missing',
  })
  const fake = fakeHost(t, { zfs: 'echo data; exit 3', id: root })
  const other = await open(t, fake)
  await t.rejects(
    runPipeline(
      other.stages([
        { file: 'zfs', args: ['send', 'tank/with space@a'] },
        { file: 'cat', args: [] },
      ]),
      { env: fake.env, signal: new AbortController().signal },
    ),
    {
      code: 'stage-failed',
      message: /^'zfs send 'tank\/with space@a' \| cat on eve@nas' exited 3/,
    },
  )
})

void t.test('first lines only', async (t) => {
  const host = await open(t, fakeHost(t, { zfs: 'while :; do echo y; done', id: root }))
  const text = await host.run(['diff'], { firstLines: 3 })
  t.strictSame(text.split('\n').slice(0, 3), ['y', 'y', 'y'])
})

void t.test('closed: nothing is left, and nothing more is run', async (t) => {
  const fake = fakeHost(t, { zfs, id: root })
  const host = await open(t, fake)
  t.equal(await host.lost(), undefined)
  t.equal(leftovers(fake).length, 1)
  await host.close()
  await host.close()
  t.strictSame(leftovers(fake), [])
  await t.rejects(host.run(['list']), {
    code: 'ssh-failed',
    message: 'eve@nas: the connection is closed',
  })
  t.match(await host.lost(), { code: 'ssh-failed' })
})

void t.test('limits, where the user has set none', async (t) => {
  const limits = async (settings?: string): Promise<string> => {
    const fake = fakeHost(t, { zfs, id: root })
    const env = settings === undefined ? {} : { SETTINGS: settings }
    await open(t, { ...fake, env: { ...fake.env, ...env } })
    return readFileSync(fake.master, 'utf8')
  }
  const all = /ConnectTimeout=15 -o ServerAliveInterval=15 -o ServerAliveCountMax=4 -- eve@nas\n$/
  t.match(await limits(), all)
  t.match(await limits(''), all)
  t.match(
    await limits('connecttimeout 60\nserveraliveinterval 0'),
    /ControlPersist=no -o ServerAliveInterval=15/,
  )
  t.notMatch(
    await limits('connecttimeout 60\nserveraliveinterval 300'),
    /ConnectTimeout|ServerAlive/,
  )
})

void t.test('no ssh', async (t) => {
  const { env } = fakeHost(t, {})
  await t.rejects(sshHost(target, {}, { env: { ...env, PATH: String(env['THERE']) } }), {
    code: 'program-missing',
    message: /'ssh'/,
    hint: /openssh-client/,
  })
})

const words = ({ log }: FakeHost): readonly string[] => readFileSync(log, 'utf8').trim().split('\n')

const leftovers = ({ env }: FakeHost): readonly string[] =>
  readdirSync(String(env['TMPDIR'])).filter((name) => name.startsWith('z3-ssh-'))
