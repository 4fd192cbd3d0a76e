import { fakeBucket, runShell, type BinaryResult } from '@z3/fixtures'
import t from 'tap'
import { isClean } from './setup.js'

const {
  Z3_TEST_RUN: inHost = '',
  Z3_TEST_VDEVS: vdevs = '',
  Z3_TEST_POOL_PREFIX: prefix = '',
} = process.env

const skip = inHost === '' && 'no ZFS to test with: run scripts/test'

void t.test('real ZFS', { skip }, async (t) => {
  const bucket = await fakeBucket()
  const [disk = ''] = vdevs.split(' ')
  const pool = `${prefix}pput${String(process.pid)}`
  const shell = (script: string): Promise<BinaryResult> =>
    runShell(script, { env: { ...bucket.env, POOL: pool, RUN: inHost } })
  t.teardown(async () => {
    await shell('zpool destroy -f "$POOL"')
    await bucket.close()
  })
  const made = await shell(`
    set -e
    zpool create -f "$POOL" ${disk}
    zfs create "$POOL/data"
    "$RUN" sh -c "head -c 20000000 /dev/urandom > /$POOL/data/random"
    "$RUN" sh -c "head -c 9000000 /dev/zero > '/$POOL/data/zero and ü'"
    zfs snapshot "$POOL/data@a"`)
  t.equal(made.code, 0, made.stderr)

  await t.test('a snapshot there and back', async (t) => {
    const { code, stderr } = await shell(`
      set -e -o pipefail
      zfs send "$POOL/data@a" | pigz | pput -q "z3-backup/$POOL/data@a"
      z3-get "z3-backup/$POOL/data@a" | pigz -d | zfs receive "$POOL/back"`)
    t.equal(code, 0, stderr)
    const sums = await shell(`
      for d in data back; do
        "$RUN" sh -c "cd /$POOL/$d && find . -type f | sort | xargs -d '\\n' sha256sum | sha256sum"
      done`)
    const [there, back] = String(sums.stdout).trim().split('\n')
    t.match(there, /^[0-9a-f]{64} /)
    t.equal(back, there)
    const [size] = (await bucket.keys()).filter((key) => key.includes('@a'))
    t.equal(size, `z3-backup/${pool}/data@a`)
  })

  await t.test('zfs send is killed in the middle', async (t) => {
    bucket.fake.objects.clear()
    const dir = t.testdir({})
    const script = `
      zfs send "$POOL/data@a" > >(head -c 7000000; sleep 0.3) & echo $! > ${dir}/pid
      sleep 0.2; kill -9 $(cat ${dir}/pid); wait $(cat ${dir}/pid)`
    const { code, stderr } = await runShell(`pput -q k -- bash -o pipefail -c "$SCRIPT"`, {
      env: { ...bucket.env, POOL: pool, SCRIPT: script },
    })
    t.equal(code, 1)
    t.match(stderr, "pput: 'bash' exited 137; nothing was stored")
    await isClean(t, bucket)
  })

  await t.test('zfs send fails at once', async (t) => {
    const { code } = await shell(
      `pput -q k -- bash -o pipefail -c 'zfs send "$POOL/data@none" | pigz'`,
    )
    t.equal(code, 1)
    await isClean(t, bucket)
  })
})
