import { NO_ZFS, programOnHost, testPool } from '@z3/fixtures'
import t from 'tap'

void t.test('snapshots, where the files are', { skip: NO_ZFS }, async (t) => {
  const pool = await testPool('check')
  t.teardown(() => pool.close())
  const installed = await programOnHost('z3-check')
  t.teardown(() => installed.close())
  const env = { CHECK: installed.path }
  const must = (script: string) => pool.must(script, env)
  /** z3-check on the host, with its status behind its output. */
  const check = async (args: string) => {
    const { code, stdout, stderr } = await pool.shell(`"$RUN" "$CHECK" ${args}`, env)
    return { code, out: String(stdout), err: stderr }
  }
  await must(`
    zfs create "$POOL/home"
    zfs create "$POOL/home/child"
    "$RUN" sh -c 'cd "/$1/home"; mkdir d; echo one > a; echo two > "d/b c"; dd if=/dev/urandom of=big bs=1M count=3' sh "$POOL" 2>&1
    zfs snapshot -r "$POOL/home@first"
    "$RUN" sh -c 'echo changed > "/$1/home/a"; echo in the child > "/$1/home/child/x"' sh "$POOL"
    zfs snapshot "$POOL/home@second"
    zfs set snapdir=visible "$POOL/home"`)
  const mounts = () => must(`"$RUN" sh -c 'mount | grep -c z3-check- || true'`)
  const home = `"$POOL/home@first" --block-size 64K --count 16`

  await t.test('of a mounted file system', async (t) => {
    const { code, out, err } = await check(home)
    t.equal(code, 0, err)
    const sums = await must(
      `"$RUN" sh -c 'cd "/$1/home/.zfs/snapshot/first"; sha1sum a "d/b c" | cut -c 1-40
         for i in 0 1 2; do dd if=big bs=65536 count=16 skip=$((16 * i)) 2> /dev/null | sha1sum | cut -c 1-40; done' sh "$POOL"`,
    )
    const [a = '', b = '', ...big] = sums.trimEnd().split('\n')
    t.equal(
      out,
      [
        `a\t0\t${a}\n`,
        ...big.map((sum, chunk) => `big\t${String(chunk)}\t${sum}\n`),
        `d/b c\t0\t${b}\n`,
      ].join(''),
    )
    const other = await pool.shell(
      `"$RUN" "$CHECK" ${home} | "$RUN" "$CHECK" "$POOL/home@second" --block-size 64K --count 16 --check`,
      env,
    )
    t.equal(other.code, 3, other.stderr)
    t.match(String(other.stdout), /^a: Chunk 0 failed: \S+ \S+\n$/)
    const tree = await check(`"/$POOL/home"`)
    t.notMatch(tree.out, '.zfs', 'a visible control directory is not entered')
  })

  await t.test('of one that is not mounted', async (t) => {
    const before = await check(home)
    await must('zfs unmount "$POOL/home/child"; zfs unmount "$POOL/home"')
    const { code, out, err } = await check(home)
    t.equal(code, 0, err)
    t.equal(out, before.out)
    t.equal((await mounts()).trim(), '0', 'nothing stays mounted')
    await must('zfs mount "$POOL/home"')
  })

  await t.test('of a volume', async (t) => {
    await must(`
      zfs create -s -V 2G "$POOL/a vol"
      "$RUN" sh -c 'until [ -b "/dev/zvol/$1/a+vol" ]; do sleep 0.1; done; dd if=/dev/urandom of="/dev/zvol/$1/a+vol" bs=1M count=3 conv=fsync' sh "$POOL" 2>&1
      zfs snapshot "$POOL/a vol@first"
      "$RUN" sh -c 'dd if=/dev/urandom of="/dev/zvol/$1/a+vol" bs=1M count=1 conv=notrunc,fsync' sh "$POOL" 2>&1
      zfs snapshot "$POOL/a vol@second"`)
    const snapdev = () => must('zfs get -H -o value,source snapdev "$POOL/a vol"')
    const first = await check('"$POOL/a vol@first" --count 256 --skip 511')
    t.equal(first.code, 0, first.err)
    const zeros = '3b71f43ff30f4b15b5cd85dd9e95ebc7e84eb5a3'
    t.notMatch(first.out, `0\t${zeros}\n512`)
    t.match(first.out, /^0\t\w{40}\n512\t\w{40}\n1024\t\w{40}\n1536\t\w{40}\n$/)
    t.equal(await snapdev(), 'hidden\tdefault\n')
    await must('zfs set snapdev=hidden "$POOL/a vol"')
    const other = await pool.shell(
      `"$RUN" "$CHECK" "$POOL/a vol@second" --count 256 --skip 511 --check <<< "$LIST"`,
      { ...env, LIST: first.out.trimEnd() },
    )
    t.equal(other.code, 3, other.stderr)
    t.match(String(other.stdout), /^Chunk 0 failed: \S+ \S+\n$/)
    t.equal(await snapdev(), 'hidden\tlocal\n')
    // reading 2 GiB takes longer than it takes to be ended
    const ended = await pool.shell(
      `"$RUN" "$CHECK" "$POOL/a vol@first" --parallel 1 > /dev/null & pid=$!
       until [ "$(zfs get -H -o value snapdev "$POOL/a vol")" = visible ]; do :; done
       "$RUN" "$CHECK" "$POOL/a vol@second"; echo $?
       kill -TERM $pid; wait $pid`,
      env,
    )
    t.not(ended.code, 0, ended.stderr)
    t.equal(String(ended.stdout), '5\n', 'a second run would end the devices of the first')
    t.match(ended.stderr, 'z3-check: SIGTERM: cleaning up')
    t.equal(await snapdev(), 'hidden\tlocal\n')
  })

  await t.test('that do not exist', async (t) => {
    const none = await check('"$POOL/home@third"')
    t.equal(none.code, 4, none.err)
    t.match(none.err, `no such snapshot: ${pool.name}/home@third`)
    const dataset = await check('"$POOL/nothing"')
    t.equal(dataset.code, 4)
    t.match(dataset.err, 'hint: For a snapshot, write DATASET@SNAPSHOT.')
  })
})
