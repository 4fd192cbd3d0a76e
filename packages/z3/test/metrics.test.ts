/** METRICS_FILE of z3 backup and verify: what is known, and nothing else. */
import { readFileSync } from 'node:fs'
import { NO_ZFS } from '@z3/fixtures'
import t from 'tap'
import { makeScene } from './scene.js'

void t.test('metrics of unattended runs', { skip: NO_ZFS }, async (t) => {
  const scene = await makeScene(t)
  const { dataset, take, fake, key } = scene
  const file = `${t.testdir({})}/z3.prom`
  const env = { Z3_METRICS_FILE: file, Z3_MANIFEST: 'yes' }
  const z3 = (args: readonly string[]) => scene.main(args, env)
  const metrics = (): Record<string, number> =>
    Object.fromEntries(
      [...readFileSync(file, 'utf8').matchAll(/^z3_(\w+)\{program="z3 (\w+)",.*\} (\S+)$/gm)].map(
        ([, name = '', program = '', value]) => [`${program} ${name}`, Number(value)],
      ),
    )

  await take('a', 100_000)
  t.match(await z3(['backup', dataset]), { code: 0 })
  const first = metrics()
  t.match(first, {
    'backup last_run_exit_status': 0,
    'backup last_run_failed_datasets': 0,
    'backup chain_length': 1,
    'backup pending_uploads': 0,
    'backup last_run_stored_bytes': fake.objects.get(key('a'))?.body.length,
  })
  t.ok((first['backup last_run_read_bytes'] ?? 0) > 100_000, 'bytes of the stream')
  const age = Date.now() / 1000 - (first['backup newest_backup_timestamp_seconds'] ?? 0)
  t.ok(age >= 0 && age < 600, 'the creation of the snapshot')

  await take('b', 1000)
  t.match(await z3(['backup', '--dry-run', dataset]), { code: 0 })
  t.strictSame(metrics(), first, 'a dry run is not reported')
  t.match(await z3(['backup', dataset]), { code: 0 })
  t.match(metrics(), { 'backup chain_length': 2 })

  await take('c', 1000)
  fake.faults = ({ op }) =>
    op === 'UploadPart' || op === 'PutObject' ? { status: 403 } : undefined
  const before = metrics()
  const failed = await z3(['backup', dataset])
  t.equal(failed.code, 1, failed.stderr)
  fake.faults = undefined
  t.match(metrics(), {
    'backup last_run_exit_status': 1,
    'backup last_run_failed_datasets': 1,
    'backup last_success_timestamp_seconds': before['backup last_success_timestamp_seconds'],
    'backup newest_backup_timestamp_seconds': before['backup newest_backup_timestamp_seconds'],
    'backup chain_length': 2,
  })

  t.match(await z3(['verify', '--quiet', dataset]), { code: 0 })
  const verified = metrics()
  t.match(verified, {
    'backup last_run_exit_status': 1,
    'verify last_run_exit_status': 0,
    'verify chain_length': 2,
  })
  t.ok((verified['verify last_run_read_bytes'] ?? 0) > 0)
  const time = verified['verify last_verification_timestamp_seconds']
  t.ok(time)

  fake.objects.delete(key('a'))
  t.match(await z3(['verify', '--quiet', dataset]), { code: 3 })
  t.match(metrics(), {
    'verify last_run_exit_status': 3,
    'verify last_run_failed_datasets': 1,
    'verify last_verification_timestamp_seconds': time,
  })
  const broken = await z3(['backup', dataset])
  t.equal(broken.code, 3, broken.stderr)
  t.notOk('backup newest_backup_timestamp_seconds' in metrics(), 'none can be restored')
})
