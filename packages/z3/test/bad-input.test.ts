import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  fakeBucket,
  NO_SERVER,
  NO_ZFS,
  runShell,
  serverBucket,
  testIo,
  testServers,
  type FakeS3,
  type Fault,
  type Op,
} from '@z3/fixtures'
import t, { type Test } from 'tap'
import { main } from '../src/main.js'
import { descendants, waitForChild } from './children.js'
import { makeScene, type Scene } from './scene.js'

const CHANGES: readonly Op[] = [
  'PutObject',
  'DeleteObject',
  'CreateMultipartUpload',
  'UploadPart',
  'CompleteMultipartUpload',
  'AbortMultipartUpload',
]

interface Said {
  readonly code: number | null
  readonly stdout: string | Buffer
  readonly stderr: string
}

/** Refused, in two lines, and nothing asked of the store that changes it. */
const refused = (
  t: Test,
  { code, stdout, stderr }: Said,
  status: number,
  message: string | RegExp,
  requests: readonly { readonly op: Op }[],
): void => {
  t.equal(code, status, stderr)
  t.equal(String(stdout), '')
  t.match(stderr, message)
  t.notMatch(stderr, /internal error|^ +at /m)
  t.match(stderr, /^hint: ./m)
  t.same(
    requests.map(({ op }) => op).filter((op) => CHANGES.includes(op)),
    [],
  )
}

/** What was begun to be read; to look at an object may take a byte of it. */
const downloads = ({ requests }: FakeS3): readonly string[] =>
  requests
    .filter(({ op, headers }) => op === 'GetObject' && headers.range !== 'bytes=0-0')
    .map(({ key }) => key)

void t.test('Object Lock of a dataset, and a directory', async (t) => {
  const dir = t.testdir({
    'z3.conf': '[main]\nCOMPRESSOR = none\n[fs:tank/vault]\nS3_LOCK = governance:30d\n',
    store: {},
  })
  const env = { HOME: dir, BUCKET: `file://${dir}/store`, PATH: '/nonexistent' }
  const run = async (...args: readonly string[]) => {
    const io = testIo(env)
    const code = await main([...args, '--config', `${dir}/z3.conf`], io)
    return { code, stdout: io.out(), stderr: io.err() }
  }
  for (const datasets of [['tank/vault'], ['tank/vault/inner'], ['tank/a', 'tank/b']]) {
    const said = await run('backup', ...datasets)
    refused(t, said, 2, /^z3: tank\/vault\S*: S3_LOCK and S3_LEGAL_HOLD: a directory has no/, [])
  }
  // nothing is uploaded: what is stored can be read
  t.equal((await run('list')).code, 4, 'no backups')
})

void t.test('the command line and the configuration', async (t) => {
  const bucket = await fakeBucket()
  t.teardown(() => bucket.close())
  const dir = t.testdir({
    'unknown.conf': '[main]\nBUCKET=bucket\n\n[fs:tank/data]\nSNAPSHOT_PREFX=a\n',
    'broken.conf': '[main\nBUCKET=bucket\n',
    'compressor.conf': '[compressor:mine]\ncompress=mine "\ndecompress=mine -d\n',
  })
  const data = 'tank/data'
  const cases: readonly (readonly [
    readonly string[],
    number,
    string | RegExp,
    Readonly<Record<string, string>>?,
  ])[] = [
    [['backup', '--bogus'], 2, 'z3: unknown option --bogus\n'],
    [['backup', data, '-x'], 2, 'z3: unknown option -x\n'],
    [['backup', data, '--full', '--incremental'], 2, /--full|--incremental/],
    [['backup', data, 'tank/other@a'], 2, 'tank/other@a'],
    [['backup', data, '--', '-x'], 2, '-x'],
    [['backup', data, 'tank/b', '--filesystem', data], 2, 'name different datasets'],
    [['backup', data, '--select', 'a:b'], 2, '--select and a dataset exclude each other'],
    [['backup', '--select', 'compression'], 2, "'compression' is not the name of a user property"],
    [['backup', '--recursive'], 2, 'FILESYSTEM'],
    [['backup', data, '--parallel', '0'], 2, '--parallel'],
    [['backup', data, 'tank/b'], 2, 'do not fit into 24M', { Z3_PARALLEL: '2', MAX_MEMORY: '24M' }],
    [['backup', data, '--keep-common', 'mark'], 2, 'bookmark, hold, none'],
    [['backup', data, 'tank/b'], 2, 'AGE_RECIPIENTS', { Z3_ENCRYPTOR: 'age' }],
    [['backup', data, '--dataset', 'tank/other'], 2, 'name different datasets'],
    [['backup', data, '--snapshot'], 2, 'needs a value'],
    [['backup', data, '--compressor', 'zsdt'], 2, 'zsdt'],
    [['backup', data], 2, 'zsdt', { COMPRESSOR: 'zsdt' }],
    [['backup', data], 2, 'rot13', { Z3_ENCRYPTOR: 'rot13' }],
    [['backup', data], 2, 'AGE_RECIPIENTS', { Z3_ENCRYPTOR: 'age' }],
    [['backup', data], 2, 'gpg encrypts', { Z3_ENCRYPTOR: 'gpg', COMPRESSOR: 'gpg' }],
    [['backup'], 2, 'FILESYSTEM'],
    [['backup', data], 2, 'BUCKET', { BUCKET: '' }],
    [['backup', data], 2, 'MAX_RETRIES', { MAX_RETRIES: 'many' }],
    [['backup', data], 2, "S3_PREFIX '-x/' begins with", { S3_PREFIX: '-x' }],
    [['status', data], 2, "S3_PREFIX '-x/' begins with", { S3_PREFIX: '-x' }],
    [['status', data, '--max-age', '26'], 2, '--max-age'],
    [['cleanup', '--older-than', '5'], 2, '--older-than'],
    [['restore', '--dataset', data], 2, 'no snapshot specified'],
    [['restore', `${data}@a`, '--latest'], 2, '--latest and a snapshot'],
    [['restore', 'a@b@c'], 2, "more than one '@'"],
    [['restore', `${data}@`], 2, 'invalid snapshot name'],
    [['restore', `${data}@a`, '--into', '-x'], 2, /--into|-x/],
    [['restore', `${data}@a`, '--recv-option=-F'], 2, /-F|force/],
    [['status', '--config', `${dir}/none.conf`], 2, 'none.conf'],
    [['status', '--config', `${dir}/unknown.conf`], 2, 'unknown.conf:5'],
    [['status', '--config', `${dir}/broken.conf`], 2, 'broken.conf:1'],
    [['status', '--config', `${dir}/compressor.conf`], 2, 'compressor.conf:2'],
    [['bakcup', data], 2, "unknown command 'bakcup' (did you mean backup?"],
    [['--full', 'backup', data], 2, '--full'],
  ]
  for (const [args, status, message, env] of cases) {
    await t.test([...args, ...Object.entries(env ?? {}).flat()].join(' '), async (t) => {
      const io = testIo({ ...bucket.env, PATH: '/nonexistent', ...env })
      const code = await main(args, io)
      const said = { code, stdout: io.out(), stderr: io.err() }
      refused(t, said, status, message, [])
      t.same(bucket.fake.requests, [], 'nothing is asked of the store')
    })
  }
  const names = ['-x', 'tank/"x', "tank/'x'", 'tank/../x', 'tank//x', 'tank@x']
  for (const name of [...names, 'tank/x;reboot', 'tank/$(reboot)', 'tänk']) {
    await t.test(`a dataset named ${name}`, async (t) => {
      for (const command of ['status', 'backup']) {
        const io = testIo({ ...bucket.env, PATH: '/nonexistent' })
        const code = await main([command, `--dataset=${name}`], io)
        const said = { code, stdout: io.out(), stderr: io.err() }
        refused(t, said, 2, 'z3: --filesystem: invalid dataset name "', bucket.fake.requests)
      }
    })
  }
})

const servers = testServers()

if (servers.length === 0) {
  void t.test('credentials', { skip: NO_SERVER }, (t) => {
    t.end()
  })
}

// the fake knows no credentials
for (const server of servers) {
  void t.test(`credentials on ${server.name}`, async (t) => {
    const bucket = await serverBucket(server)
    t.teardown(() => bucket.close())
    for (const [env, message] of [
      [{ S3_SECRET: 'wrong' }, 'the access key or the secret is wrong'],
      [
        { S3_KEY_ID: 'nobody' },
        /unknown access key|the access key or the secret is wrong|access denied/,
      ],
      [{ BUCKET: 'there-is-no-such-bucket' }, 'the bucket does not exist'],
    ] as const) {
      for (const args of [['status', 'tank/data'], ['restore', 'tank/data@a'], ['cleanup']]) {
        const io = testIo({ ...bucket.env, PATH: '/nonexistent', ...env })
        const code = await main(args, io)
        refused(t, { code, stdout: io.out(), stderr: io.err() }, 1, message, [])
      }
    }
  })
}

void t.test('what is not as it should be', { skip: NO_ZFS }, async (t) => {
  const scene = await makeScene(t)
  const { dataset, keep, pool, take, z3 } = scene
  for (const snapshot of ['a', 'b', 'c']) await take(snapshot, 100_000)
  for (const snapshot of ['a', 'b', 'c']) {
    t.equal((await z3(['backup', dataset, '--snapshot', snapshot])).code, 0)
  }
  const all = keep()
  const list = () => pool.must('zfs list -H -o name,guid -t all -r "$POOL"')
  const before = await list()
  await t.test('the store says no', (t) => stores(t, scene, all))
  await t.test('no list of pending uploads', (t) => cleanups(t, scene))
  await t.test('chains', (t) => chains(t, scene, all))
  await t.test('names', (t) => names(t, scene, all))
  await t.test('programs', (t) => programs(t, scene, all))
  await t.test('compressors', (t) => compressors(t, scene, all))
  await t.test('output', (t) => output(t, scene, all))
  scene.reset(all)
  t.equal(await list(), before, 'nothing is changed here')
  await t.test('another snapshot of the same name', (t) => conflicts(t, scene, all))
})

type Kept = ReturnType<Scene['keep']>

/** An error of the store is never an empty store. */
const stores = async (t: Test, scene: Scene, all: Kept): Promise<void> => {
  const { dataset, fake, main, pool, reset } = scene
  const faults: readonly (readonly [string, Op, Fault, string])[] = [
    ['a wrong key', 'ListObjectsV2', { status: 403, code: 'InvalidAccessKeyId' }, 'access key'],
    ['a wrong secret', 'ListObjectsV2', { status: 403, code: 'SignatureDoesNotMatch' }, 'secret'],
    ['no listing', 'ListObjectsV2', { status: 403, code: 'AccessDenied' }, 'access denied'],
    ['no bucket', 'ListObjectsV2', { status: 404, code: 'NoSuchBucket' }, 'bucket'],
    ['a bare 404', 'ListObjectsV2', { status: 404 }, 'the server responded 404'],
    ['an empty page', 'ListObjectsV2', { status: 200 }, 'the response is not a listing'],
    ['nothing to look at', 'HeadObject', { status: 404 }, 'lists objects'],
    ['a failing server', 'ListObjectsV2', { status: 500, code: 'InternalError' }, '500'],
    ['a proxy', 'ListObjectsV2', { status: 502 }, '502'],
    ['a lost connection', 'ListObjectsV2', { reset: 'midBody' }, 'list'],
    ['no looking at objects', 'HeadObject', { status: 403 }, 'access denied'],
    ['objects that fail', 'HeadObject', { status: 500 }, '500'],
  ]
  for (const [what, op, fault, message] of faults) {
    await t.test(what, async (t) => {
      for (const args of [
        ['status', dataset],
        ['status', dataset, '--check'],
        ['backup', dataset],
        ['backup', dataset, '--full'],
        ['restore', `${dataset}@a`, '--into', `${pool.name}/back`],
      ]) {
        reset(all)
        fake.faults = (request) =>
          // what explains a HEAD is a GET
          request.op === op || (op === 'HeadObject' && request.op === 'GetObject')
            ? fault
            : undefined
        const result = await main(args, { HOME: '' })
        if (what === 'nothing to look at' && args.includes('--check')) {
          // what is listed and cannot be found is the answer that was asked for
          t.equal(result.code, 3, result.stderr)
          t.equal(result.stdout.match(/\| damaged \|/g)?.length, all.length)
          t.match(result.stderr, 'is listed but HEAD does not find it')
          continue
        }
        refused(t, result, 1, message, fake.requests)
      }
    })
  }
}

/** What z3 status says on standard error where its output is no terminal. */
const TOTALS = /^3 stored, [^\n]*\nnewest good backup: c, [^\n]*\n$/

const cleanups = async (t: Test, { fake, main, reset }: Scene): Promise<void> => {
  for (const fault of [{ status: 404 }, { status: 200 }, { status: 403 }]) {
    reset()
    fake.faults = ({ op }) => (op === 'ListMultipartUploads' ? fault : undefined)
    const result = await main(['cleanup'])
    refused(t, result, 1, 'z3: cannot list pending uploads: ', fake.requests)
  }
}

const chains = async (t: Test, scene: Scene, all: Kept): Promise<void> => {
  const { dataset, fake, key, main, pool, reset } = scene
  await t.test('a middle object is gone', async (t) => {
    reset(all)
    fake.objects.delete(key('b'))
    const broken = `broken snapshot '${dataset}@c' in the store, reason: 'missing parent' (${dataset}@b)`
    await pool.must('zfs snapshot "$POOL/data@d"')
    const backup = await main(['backup', dataset])
    refused(t, backup, 3, `z3: ${broken}\n`, fake.requests)
    t.match(backup.stderr, 'hint: Run z3 backup --full to start a new chain.\n')
    await pool.must('zfs destroy "$POOL/data@d"')
    const restore = await main(['restore', `${dataset}@c`, '--into', `${pool.name}/back`])
    refused(t, restore, 3, `z3: ${broken}\n`, fake.requests)
    t.match(restore.stderr, `hint: The newest that can be restored is '${dataset}@a'.\n`)
    t.same(downloads(fake), [])
    const status = await main(['status', dataset, '--check'])
    t.equal(status.code, 3)
    t.match(status.stdout, /^c +\| b +\| incremental \| missing parent \| ok /m)
    // what can be restored still is
    t.equal((await main(['restore', `${dataset}@a`, '--into', `${pool.name}/back`])).code, 0)
    await pool.must('zfs destroy -r "$POOL/back"')
  })

  await t.test('an object that says nothing of itself', async (t) => {
    reset(all)
    fake.put(key('c'), 'x', {})
    const restore = await main(['restore', `${dataset}@c`, '--into', `${pool.name}/back`])
    refused(t, restore, 3, `broken snapshot '${dataset}@c'`, fake.requests)
    fake.put(key('c'), 'x', { parent: `${dataset}@c` })
    const cycle = await main(['restore', `${dataset}@c`, '--into', `${pool.name}/back`])
    refused(t, cycle, 3, `'cycle detected'`, fake.requests)
  })
}

const names = async (t: Test, scene: Scene, all: Kept): Promise<void> => {
  const { dataset, fake, main, reset } = scene
  reset(all)
  const restore = await main(['restore', `${dataset}@bb`])
  refused(t, restore, 4, `z3: no such snapshot "${dataset}@bb"\n`, fake.requests)
  t.match(restore.stderr, new RegExp(`^hint: Did you mean .*'${dataset}@b'`, 'm'))
  for (const odd of [`b"`, `b'`, 'b`true`', '$(true)', 'b;true', '-b', '--', 'b\u001b[2J']) {
    for (const command of [
      ['restore', '--dataset', dataset, '--', odd],
      ['backup', dataset, `--snapshot=${odd}`],
    ]) {
      const result = await main(command)
      t.ok(result.code === 2 || result.code === 4, `${String(result.code)}: ${command.join(' ')}`)
      t.equal(result.stdout, '')
      t.notMatch(result.stderr, /internal error|^ +at /m)
      t.notOk(result.stderr.includes('\u001b'))
    }
  }
  for (const prefix of ['*', 'a*', '[abc]', '"']) {
    const glob = await main(['backup', dataset, '--snapshot-prefix', prefix])
    refused(
      t,
      glob,
      2,
      `z3: --snapshot-prefix: '${prefix}' is not the start of a snapshot's name`,
      fake.requests,
    )
  }
  for (const prefix of ['daily', 'aa']) {
    const none = await main(['backup', dataset, '--snapshot-prefix', prefix])
    refused(
      t,
      none,
      4,
      `z3: Nothing to backup for filesystem "${dataset}". Are you sure SNAPSHOT_PREFIX="${prefix}" is correct?\n`,
      fake.requests,
    )
  }
  const other = await main(['backup', `${dataset}/none`])
  refused(t, other, 4, `z3: dataset '${dataset}/none' does not exist\n`, fake.requests)

  const nothing = await main(['backup', dataset])
  t.strictSame(nothing, {
    code: 0,
    stdout: 'Nothing to do here.\n',
    stderr: '',
  })
  const twice = await main(['restore', `${dataset}@c`])
  t.equal(twice.code, 0)
  t.equal(twice.stdout, '')
}

const programs = async (t: Test, scene: Scene, all: Kept): Promise<void> => {
  const { broken, dataset, fake, main, pool, reset } = scene
  const back = ['restore', `${dataset}@b`, '--into', `${pool.name}/back`]
  const where = (await pool.must('command -v zfs')).trim()

  await t.test('pigz is not there', async (t) => {
    reset(all.slice(0, 2))
    const env = { PATH: dirname(where) }
    for (const args of [['backup', dataset], [...back]]) {
      const result = await main(args, env)
      refused(
        t,
        result,
        1,
        "z3: no such program: 'pigz'\nhint: Install it, or check PATH",
        fake.requests,
      )
    }
    t.same(downloads(fake), [])
  })

  const hidden = !['/usr/local/sbin', '/usr/sbin', '/sbin'].includes(dirname(where))
  await t.test('zfs is not there', { skip: !hidden && 'zfs cannot be hidden' }, async (t) => {
    reset(all)
    const env = { PATH: '/nonexistent' }
    for (const args of [['backup', dataset], ['backup', dataset, '--full'], back]) {
      const result = await main(args, env)
      refused(t, result, 1, "z3: command not found: 'zfs'\nhint: Install ZFS", fake.requests)
    }
    const status = await main(['status', dataset], env)
    t.equal(status.code, 0)
    t.match(status.stdout, /^c +\| b +\| incremental \| ok +\| missing /m)
    t.match(status.stderr, "z3: unable to list local snapshots! command not found: 'zfs'\n")
  })

  await t.test('zfs has no module', async (t) => {
    reset(all)
    const env = broken({
      program: 'zfs',
      bytes: 0,
      end: '1',
      says: 'The ZFS modules are not loaded.',
    })
    const result = await main(['backup', dataset], env)
    refused(
      t,
      result,
      1,
      /^z3: zfs cannot reach its kernel module: .*\nhint: Load it with 'modprobe zfs'/,
      fake.requests,
    )
    const status = await main(['status', dataset], env)
    t.equal(status.code, 0)
    t.match(status.stderr, 'z3: unable to list local snapshots! zfs cannot reach')
  })

  await t.test('zfs does not know what it lists', async (t) => {
    reset(all)
    const env = broken({ program: 'zfs', args: 'list *', bytes: 30, end: '0' })
    const result = await main(['backup', dataset], env)
    refused(t, result, 1, 'z3: unexpected line from zfs: ', fake.requests)
  })

  const root = process.getuid?.() === 0
  await t.test('an ordinary user', { skip: !root && 'not run by root' }, async (t) => {
    // one that may read this checkout, wherever it is
    const capabilities = ['inh', 'ambient'].map(
      (set) => `--${set}-caps=+dac_override,+dac_read_search`,
    )
    const asNobody = (args: readonly string[], env: Readonly<Record<string, string>>) =>
      runShell(
        `exec setpriv --reuid=65534 --regid=65534 --clear-groups ${capabilities.join(' ')} "$NODE" "$Z3" $WORDS`,
        {
          env: {
            ...scene.environment(env),
            NODE: process.execPath,
            Z3: fileURLToPath(new URL('../bin/z3.js', import.meta.url)),
            WORDS: args.join(' '),
          },
        },
      )
    reset(all.slice(0, 2))
    const denied = { program: 'zfs', bytes: 0, end: '1' } as const
    const backup = await asNobody(
      ['backup', dataset],
      broken({
        ...denied,
        args: 'send -i *',
        says: `cannot send '${dataset}@c': permission denied`,
      }),
    )
    t.equal(backup.code, 1)
    t.match(
      backup.stderr,
      `hint: Run as root, or let root run once: zfs allow -u nobody send ${dataset}; `,
    )
    t.equal(String(backup.stdout), '')
    const restore = await asNobody(
      back,
      broken({
        ...denied,
        args: 'receive *',
        says: `cannot receive new filesystem stream: permission denied`,
      }),
    )
    t.equal(restore.code, 1)
    t.match(
      restore.stderr,
      `hint: Run as root, or let root run once: zfs allow -u nobody receive,create,mount ${pool.name}; `,
    )
    t.equal(fake.uploads.size, 0)
  })
}

const compressors = async (t: Test, scene: Scene, all: Kept): Promise<void> => {
  const { dataset, fake, key, main, pool, reset, z3 } = scene
  const into = `${pool.name}/back`
  const back = ['restore', `${dataset}@a`, '--into', into]
  await t.test('unknown here', async (t) => {
    reset(all)
    const object = fake.objects.get(key('a'))
    for (const more of [{ compressor: 'mine' }, { encryptor: 'rot13' }]) {
      fake.put(key('a'), object?.body ?? '', { ...object?.metadata, ...more })
      const result = await main(back)
      const [[what, name] = []] = Object.entries(more)
      refused(
        t,
        result,
        2,
        `${what === 'compressor' ? 'compressed' : 'encrypted'} with the unknown ${String(what)} '${String(name)}'\n`,
        fake.requests,
      )
      t.same(downloads(fake), [])
    }
  })

  await t.test('of the user, there and back', async (t) => {
    reset()
    const config = `${t.testdir({
      'z3.conf': `[main]\nCOMPRESSOR = mine\n\n[compressor:mine]\ncompress = tr 'a\\000' '\\000a'\ndecompress = tr '\\000a' 'a\\000'\n`,
    })}/z3.conf`
    const backup = await z3(['backup', dataset, '--snapshot', 'a', '--config', config])
    t.equal(backup.code, 0, backup.stderr)
    t.equal(fake.objects.get(key('a'))?.metadata['compressor'], 'mine')
    refused(t, await main(back), 2, "compressed with the unknown compressor 'mine'\n", [])
    const restore = await z3([...back, '--config', config])
    t.equal(restore.code, 0, restore.stderr)
    const sum = (dataset: string) =>
      pool.must('"$RUN" sha256sum "/$DATASET/a" | cut -c1-64', {
        DATASET: dataset,
      })
    t.equal(await sum(into), await sum(dataset))
    await pool.must('zfs destroy -r "$INTO"', { INTO: into })
  })
}

const SECRET = 'SECRETTEST'

const output = async (t: Test, scene: Scene, all: Kept): Promise<void> => {
  const { broken, dataset, fake, key, main, reset, start } = scene
  await t.test('the secret is told to nobody', async (t) => {
    reset()
    const run = start(['backup', dataset, '--debug', '--verbose', '--snapshot', 'a'], {
      ...broken({
        program: 'zfs',
        args: 'send [!-]*',
        bytes: 1,
        end: 'hold',
      }),
      COMPRESSOR: 'none',
    })
    t.equal(scene.environment()['S3_SECRET'], SECRET)
    await waitForChild(run.child.pid, /^sleep 1000 /)
    const children = [...descendants(run.child.pid ?? 0).values()]
    t.ok(children.some((line) => /pput.*--commit-fd/.test(line)))
    t.notOk(children.some((line) => line.includes(SECRET)))
    process.kill(run.child.pid ?? 0, 'SIGTERM')
    const { stdout, stderr } = await run.ended
    t.match(stderr, /^z3: pput: /m, 'it is verbose')
    t.notMatch(stderr + String(stdout), SECRET)

    fake.faults = () => ({
      status: 403,
      code: 'SignatureDoesNotMatch',
      message: 'no',
    })
    for (const args of [['status', dataset], ['cleanup'], ['backup', dataset, '--json']]) {
      const result = await main([...args, '--debug', '--verbose'])
      t.equal(result.code, 1)
      t.match(result.stderr, /^ +at /m, 'it was asked for')
      t.notMatch(result.stderr + result.stdout, SECRET)
    }
    const config = await main(['config'])
    t.match(config.stdout, /^S3_SECRET /m)
    t.notMatch(config.stdout, SECRET)
  })

  await t.test('nobody reads it', async (t) => {
    reset(all.slice(0, 1))
    const closed = (words: string) =>
      // true has ended long before z3 has started
      runShell(`z3 ${words} | true; echo "\${PIPESTATUS[0]}"`, {
        env: {
          ...scene.environment(),
          PATH: `${new URL('../../../node_modules/.bin', import.meta.url).pathname}:${process.env['PATH'] ?? ''}`,
        },
      })
    const backup = await closed(`backup ${dataset}`)
    t.equal(String(backup.stdout), '0\n')
    t.equal(backup.stderr, '')
    t.strictSame(
      [...fake.objects.keys()],
      ['a', 'b', 'c'].map(key),
      'it does not end at the second',
    )
    for (const words of [`status ${dataset}`, 'config', '--help']) {
      const result = await closed(words)
      t.equal(String(result.stdout), '0\n')
      t.match(result.stderr, words.startsWith('status') ? TOTALS : /^$/)
    }
  })

  await t.test('a cache that cannot be written', async (t) => {
    reset(all)
    const full = await runShell(
      `unshare -m sh -c 'mount -t tmpfs -o size=4k none "$DIR" && head -c 4096 /dev/zero > "$DIR/zeros" && mkdir "$DIR/z3"
         z3 status "$DATASET" --verbose && find "$DIR/z3"'`,
      {
        env: {
          ...scene.environment({ XDG_CACHE_HOME: t.testdir({}) }),
          PATH: `${new URL('../../../node_modules/.bin', import.meta.url).pathname}:${process.env['PATH'] ?? ''}`,
          DIR: t.testdir({}),
          DATASET: dataset,
        },
      },
    )
    t.equal(full.code, 0, full.stderr)
    t.match(String(full.stdout), /^c +\| b +\| incremental \| ok +\| ok /m)
    t.match(full.stderr, /^z3: cannot write the metadata cache: ENOSPC/m)
    t.match(String(full.stdout), /\/z3\n$/, 'nothing is left beside it')

    const file = `${t.testdir({ file: '' })}/file`
    const unwritable = await main(['status', dataset], { XDG_CACHE_HOME: file })
    t.equal(unwritable.code, 0)
    t.match(unwritable.stderr, TOTALS, 'that is no reason to wake anybody')
    t.match(unwritable.stdout, /^c +\| b /m)
  })

  await t.test('a key that a terminal would obey', async (t) => {
    reset(all)
    fake.put(`${key('a')}\u001b[2J`, 'x')
    const result = await main(['status', dataset])
    t.equal(result.code, 0)
    t.match(result.stderr, "@a\\x1b[2J' is not a snapshot of ")
    t.notMatch(result.stderr + result.stdout, '\u001b')
  })
}

const conflicts = async (t: Test, scene: Scene, all: Kept): Promise<void> => {
  const { dataset, fake, keep, key, main, pool, reset, take, z3 } = scene
  reset(all)
  await pool.must('zfs destroy "$POOL/data@c"')
  await take('c', 1000)
  const message = new RegExp(
    `^z3: '${dataset}@c' is another snapshot here than in the store: guid \\d+ here, \\d+ there\nhint: `,
  )
  for (const args of [
    ['backup', dataset],
    ['backup', dataset, '--full'],
    ['restore', `${dataset}@c`, '--force'],
  ]) {
    refused(t, await main(args), 3, message, fake.requests)
    t.strictSame(keep(), all)
  }
  const status = await main(['status', dataset, '--check'])
  t.match(status.stdout, /^c /m)
  t.not(status.code, 2)
  // and the way out that is told
  const forced = await z3(['backup', dataset, '--full', '--overwrite'])
  t.equal(forced.code, 0, forced.stderr)
  t.equal(fake.objects.get(key('c'))?.metadata['isfull'], 'true')
}
