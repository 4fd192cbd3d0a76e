import { NO_ZFS, until, type BinaryResult, type Fault, type Op } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { waitForChild } from './children.js'
import { makeScene, type Broken, type Scene } from './scene.js'

void t.test('what goes wrong in the middle', { skip: NO_ZFS }, async (t) => {
  const scene = await makeScene(t)
  const { take, z3, keep } = scene
  // more than one part
  await take('a', 6_000_000)
  const empty = keep()
  t.equal((await z3(['backup', scene.dataset])).code, 0)
  const full = keep()
  for (const snapshot of ['b', 'c', 'd']) await take(snapshot, 300_000)

  await t.test('backup', (t) => backups(t, scene, empty, full))

  scene.reset(full)
  t.equal((await z3(['backup', scene.dataset])).code, 0)
  const chain = keep()
  await t.test('restore', (t) => restores(t, scene, chain))
})

type Kept = ReturnType<Scene['keep']>

type Said = Awaited<ReturnType<Scene['main']>> | BinaryResult

/** Nothing is stored that was not there, nothing pending, nothing said. */
const nothingDone = (
  t: Test,
  { fake }: Scene,
  { code, stdout, stderr }: Said,
  before: Kept,
  message: string | RegExp,
): void => {
  t.equal(code, 1, stderr)
  t.equal(String(stdout), '')
  t.match(stderr, message)
  t.notMatch(stderr, /internal error|^ +at /m)
  t.strictSame([...fake.objects], before)
  t.equal(fake.uploads.size, 0, 'nothing pending')
}

const backups = async (t: Test, scene: Scene, empty: Kept, full: Kept): Promise<void> => {
  const { main, z3, start, broken, fake, dataset, keep, reset } = scene
  const half = 3_000_000

  const producers: readonly (Broken & { readonly message: string })[] = [
    ...[0, 1, half].map((bytes) => ({
      program: 'zfs' as const,
      args: 'send [!-]*',
      bytes,
      end: '7',
      says: 'warning: the dog ate it',
      message: "z3: 'zfs' exited 7: warning: the dog ate it\n",
    })),
    ...[0, 1, half].map((bytes) => ({
      program: 'pigz' as const,
      bytes,
      end: '3',
      message: "z3: 'pigz' exited 3\n",
    })),
    {
      program: 'zfs',
      args: 'send [!-]*',
      bytes: half,
      end: 'KILL',
      message: "z3: 'zfs' was killed by SIGKILL\n",
    },
    {
      program: 'pigz',
      bytes: half,
      end: 'KILL',
      message: "z3: 'pigz' was killed by SIGKILL\n",
    },
    // all of it came, and still
    {
      program: 'zfs',
      args: 'send [!-]*',
      bytes: 'all',
      end: '1',
      message: "z3: 'zfs' exited 1\n",
    },
  ]
  for (const { message, ...what } of producers) {
    const { program, bytes, end } = what
    await t.test(`${program} ends: ${end}, after ${String(bytes)}`, async (t) => {
      reset(empty)
      const result = await main(['backup', dataset], broken(what))
      nothingDone(t, scene, result, empty, message)
    })
  }

  const refusals: readonly (readonly [string, Op, Fault, RegExp])[] = [
    [
      'the upload is not begun',
      'CreateMultipartUpload',
      { status: 403, code: 'AccessDenied' },
      /^z3: 'pput' exited 1: pput: cannot begin the upload .*: access denied/m,
    ],
    [
      'a part is refused',
      'UploadPart',
      { status: 500, code: 'InternalError' },
      /^z3: 'pput' exited 1: pput: .*upload part/m,
    ],
    [
      'it is not completed',
      'CompleteMultipartUpload',
      { error200: 'InternalError' },
      /^z3: 'pput' exited 1: pput: .*complete/m,
    ],
  ]
  for (const [what, op, fault, message] of refusals) {
    await t.test(what, async (t) => {
      reset(empty)
      fake.faults = (request) => (request.op === op ? fault : undefined)
      const result = await main(['backup', dataset])
      nothingDone(t, scene, result, empty, message)
    })
  }

  await t.test('somebody else stores it meanwhile', async (t) => {
    reset(empty)
    const key = scene.key('d')
    fake.faults = ({ op }) => {
      if (op === 'UploadPart') fake.put(key, 'theirs')
      return undefined
    }
    const result = await main(['backup', dataset, '--newest-only'])
    t.equal(result.code, 3, result.stderr)
    t.match(result.stderr, /^z3: 'pput' exited 3: pput: .*exists/m)
    t.equal(result.stdout, '')
    t.equal(String(fake.objects.get(key)?.body), 'theirs')
    t.equal(fake.uploads.size, 0)
  })

  await t.test('pput is killed before, after a byte, and amid', async (t) => {
    const kill = async (op: Op | undefined, more = {}) => {
      reset(empty)
      let seen = false
      fake.faults = (request) => {
        // begun already, the upload would stay: nobody is left to abort it
        const waits = request.op === (op ?? 'CreateMultipartUpload')
        if (!waits || (op === 'UploadPart' && request.nth < 2)) {
          return undefined
        }
        seen = true
        return { stall: true }
      }
      const run = start(['backup', dataset, '--newest-only'], {
        COMPRESSOR: 'none',
        ...more,
      })
      const pput = await waitForChild(run.child.pid, / pput|pput\.js /)
      if (op) await until('it is asked for', () => seen)
      else await waitForChild(run.child.pid, /^sleep 1000 /)
      process.kill(pput, 'SIGKILL')
      return run.ended
    }
    const before = await kill('CreateMultipartUpload')
    nothingDone(t, scene, before, empty, /^z3: 'pput' was killed by SIGKILL$/m)
    const early = await kill(
      undefined,
      broken({ program: 'zfs', args: 'send [!-]*', bytes: 1, end: 'hold' }),
    )
    nothingDone(t, scene, early, empty, /^z3: 'pput' was killed by SIGKILL$/m)
    const amid = await kill('UploadPart')
    t.equal(amid.code, 1)
    t.match(amid.stderr, /^z3: 'pput' was killed by SIGKILL$/m)
    t.equal(String(amid.stdout), '')
    t.strictSame(keep(), empty)
    t.equal(fake.uploads.size, 1, 'nobody was left to abort it')

    fake.faults = undefined
    const again = await z3(['backup', dataset, '--newest-only'])
    t.equal(again.code, 0, again.stderr)
    t.match(again.stderr, /^z3: 1 unfinished upload of .*; see z3 cleanup$/m)
    t.strictSame([...fake.objects.keys()], [scene.key('d')])
  })

  await t.test('the second of three fails', async (t) => {
    reset(full)
    const third = { program: 'zfs', args: 'send -i *@c', bytes: 1000 } as const
    const result = await z3(['backup', dataset], broken({ ...third, end: '1' }))
    t.equal(result.code, 1)
    t.match(result.stderr, "z3: 'zfs' exited 1\n")
    t.match(
      String(result.stdout),
      /^Successfuly backed up \S+@b: [^\n]*\n$/,
      'what is stored is reported',
    )
    t.strictSame([...fake.objects.keys()], ['a', 'b'].map(scene.key))
    t.equal(fake.uploads.size, 0)

    reset(full)
    const json = await z3(['backup', dataset, '--json'], broken({ ...third, end: '1' }))
    t.match(JSON.parse(String(json.stdout)), {
      status: 'error',
      code: 'stage-failed',
      snapshots: [{ name: `${dataset}@b` }],
    })

    const next = await z3(['backup', dataset, '--parseable'])
    t.equal(next.code, 0)
    t.match(String(next.stdout), /^\S+@c\0\d+\n\S+@d\0\d+\n$/)
    t.strictSame([...fake.objects.keys()], ['a', 'b', 'c', 'd'].map(scene.key))
  })

  await t.test('the store is lost in the middle', async (t) => {
    reset(empty)
    let lost = false
    fake.faults = ({ op, nth }) => {
      lost ||= op === 'UploadPart' && nth > 1
      return lost ? { reset: 'before' } : undefined
    }
    const result = await z3(['backup', dataset, '--snapshot', 'a'])
    t.equal(result.code, 1)
    t.match(result.stderr, /^z3: 'pput' exited 1: pput: /m)
    t.equal(String(result.stdout), '')
    t.strictSame(keep(), empty)
    fake.faults = undefined
    const next = await z3(['backup', dataset, '--snapshot', 'a'])
    t.equal(next.code, 0, next.stderr)
    t.match(next.stderr, /^z3: 1 unfinished upload of .*; see z3 cleanup$/m)
    t.strictSame([...fake.objects.keys()], [scene.key('a')])
  })
}

const restores = async (t: Test, scene: Scene, chain: Kept): Promise<void> => {
  const { main, z3, start, broken, fake, dataset, pool, reset, key } = scene
  const into = `${pool.name}/back`
  const words = ['restore', `${dataset}@b`, '--into', into]
  // several requests for one object
  const env = { CHUNK_SIZE: '5M' }
  const there = async () =>
    (
      await pool.must('zfs list -H -o name -t snapshot -s createtxg "$INTO" 2> /dev/null || :', {
        INTO: into,
      })
    )
      .split('\n')
      .filter((line) => line !== '')
  const drop = () => pool.must('zfs destroy -r "$INTO" 2> /dev/null || :', { INTO: into })
  const sum = await pool.must(`"$RUN" sh -c 'cd "$1" && sha256sum a b' sh "/$DATASET"`, {
    DATASET: dataset,
  })
  /** The next run does all of it, or what is left. */
  const repairs = async (t: Test, snapshots: readonly string[]) => {
    reset(chain)
    const { code, stdout, stderr } = await z3(words)
    t.equal(code, 0, stderr)
    t.equal(String(stdout), snapshots.map((s) => `restored ${into}@${s}\n`).join(''))
    t.equal(
      await pool.must(`"$RUN" sh -c 'cd "$1" && sha256sum a b' sh "/$INTO"`, {
        INTO: into,
      }),
      sum,
    )
    await drop()
  }

  const programs: readonly (readonly [string, Broken, RegExp])[] = [
    [
      'pigz fails at once',
      { program: 'pigz', bytes: 0, end: '1', says: 'pigz: abort: no' },
      /^z3: 'pigz' exited 1: pigz: abort: no$/m,
    ],
    [
      'pigz ends as if that were all',
      { program: 'pigz', bytes: 1_000_000, end: '0' },
      /^z3: 'pigz' exited 0 before it had read all output of 'z3-get'$/m,
    ],
    [
      'zfs receive fails at once',
      {
        program: 'zfs',
        args: 'receive *',
        bytes: 0,
        end: '1',
        says: 'cannot receive new filesystem stream: out of space',
      },
      /^z3: 'zfs' exited 1: cannot receive .*: out of space\nhint: Free space/m,
    ],
  ]
  for (const [what, program, message] of programs) {
    await t.test(what, async (t) => {
      reset(chain)
      const result = await main(words, { ...env, ...broken(program) })
      nothingDone(t, scene, result, chain, message)
      t.strictSame(await there(), [])
    })
  }

  await t.test('zfs receive takes all of it, and nothing is there', async (t) => {
    reset(chain)
    const pretend = {
      program: 'zfs',
      args: 'receive *',
      bytes: 'eat',
    } as const
    const result = await z3(words, broken({ ...pretend, end: '0' }))
    nothingDone(
      t,
      scene,
      result,
      chain,
      `z3: ${into}@a does not exist, although zfs receive reported no error\n`,
    )
    t.strictSame(await there(), [])
  })

  for (const [program, pattern] of [
    ['z3-get', / z3-get|z3-get\.js /],
    ['pigz', /^pigz /],
    ['zfs', /^zfs receive/],
  ] as const) {
    await t.test(`${program} is killed`, async (t) => {
      reset(chain)
      let stalled = false
      fake.faults = ({ op, headers }) => {
        const later = op === 'GetObject' && !headers.range?.startsWith('bytes=0-')
        stalled ||= later
        return later ? { stall: true } : undefined
      }
      const run = start(words, env)
      // only z3-get asks for a later range; the pigz that z3 reads the head of
      // the object with is gone by then
      await until('it is on its way', () => stalled)
      const pid = await waitForChild(run.child.pid, pattern)
      process.kill(pid, 'SIGKILL')
      const result = await run.ended
      nothingDone(t, scene, result, chain, `z3: '${program}' was killed by SIGKILL\n`)
      // one that is killed is gone in a moment, where it runs in a test host
      await until('nothing is left', async () => (await there()).length === 0)
      if (program === 'zfs') await repairs(t, ['a', 'b'])
    })
  }

  await t.test('the store is lost in the middle', async (t) => {
    reset(chain)
    let lost = false
    fake.faults = ({ op, headers }) => {
      lost ||= op === 'GetObject' && !headers.range?.startsWith('bytes=0-')
      return lost ? { reset: 'before' } : undefined
    }
    const result = await z3(words, env)
    nothingDone(t, scene, result, chain, /^z3: 'z3-get' exited 1: z3-get: /m)
    t.strictSame(await there(), [])
  })

  await t.test('a later object cannot be read', async (t) => {
    reset(chain)
    fake.faults = (request) =>
      request.op === 'GetObject' && request.key === key('b')
        ? { status: 500, code: 'InternalError' }
        : undefined
    const result = await z3(words)
    const message = `z3: cannot read '${key('b')}': the server responded 500`
    nothingDone(t, scene, result, chain, message)
    t.strictSame(await there(), [], 'that is known before the first byte')
    await repairs(t, ['a', 'b'])
  })

  await t.test('a later object goes away meanwhile', async (t) => {
    reset(chain)
    let reads = 0
    fake.faults = ({ op, key: read }) => {
      // once to look at it, once to receive it
      if (op === 'GetObject' && read === key('a') && ++reads > 1) {
        fake.objects.delete(key('b'))
      }
      return undefined
    }
    const result = await z3(words)
    t.equal(result.code, 4)
    t.match(result.stderr, /^z3: 'z3-get' exited 4: z3-get: /m)
    t.equal(String(result.stdout), `restored ${into}@a\n`)
    await repairs(t, ['b'])
  })

  await t.test('an object is cut short, or damaged', async (t) => {
    const object = fake.objects.get(key('a'))
    if (!object) throw new Error('no object')
    const damaged = Buffer.from(object.body)
    damaged.writeUInt8(damaged.readUInt8(3_000_000) ^ 1, 3_000_000)
    for (const body of [object.body.subarray(0, 3_000_000), Buffer.alloc(0), damaged]) {
      reset(chain)
      fake.put(key('a'), body, object.metadata)
      const result = await main(words, env)
      t.equal(result.code, 1)
      t.match(result.stderr, /^z3: '(pigz|zfs)' exited [12]/m)
      t.equal(result.stdout, '')
      t.strictSame(await there(), [])
    }
  })

  await t.test('a checksum that only z3-get can compare', async (t) => {
    reset(chain)
    const object = fake.objects.get(key('a'))
    if (!object) throw new Error('no object')
    fake.objects.set(key('a'), { ...object, crc32: 'AAAAAA==' })
    const result = await main(words, env)
    t.equal(result.code, 3)
    t.match(result.stderr, /^z3: 'z3-get' exited 3: z3-get: the data of '/m)
    t.equal(result.stdout, '')
    // the stream was whole, and has been received by then
    await pool.must(`zfs destroy -r '${into}' || true`)
  })

  await t.test('no room', async (t) => {
    reset(chain)
    await pool.must('zfs create -o quota=4M "$POOL/small"')
    const small = `${pool.name}/small/back`
    const result = await z3(['restore', `${dataset}@a`, '--into', small], env)
    nothingDone(
      t,
      scene,
      result,
      chain,
      /^z3: 'zfs' exited 1: cannot receive .*(out of space|quota).*\nhint: Free space/m,
    )
    await pool.must('zfs set quota=none "$POOL/small"')
    const again = await z3(['restore', `${dataset}@a`, '--into', small], env)
    t.equal(again.code, 0, again.stderr)
    await pool.must('zfs destroy -r "$POOL/small"')
  })
}
