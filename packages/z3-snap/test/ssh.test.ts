import { NO_SSH, onHost, testHosts } from '@z3/fixtures'
import t from 'tap'
import { snap } from './setup.js'

void t.test('on another host', { skip: NO_SSH }, async (t) => {
  const host = testHosts().target
  const pool = `${host.prefix}sshsnap${String(process.pid)}`
  const file = `/tmp/${pool}.img`
  const there = async (script: string): Promise<string> => {
    const { code, stdout, stderr } = await onHost(host, script, {
      POOL: pool,
      FILE: file,
    })
    if (code !== 0) throw new Error(`exit ${String(code)}: ${stderr}`)
    return String(stdout)
  }
  t.teardown(() => there('zpool destroy -f "$POOL" || true; "$RUN" rm -f "$FILE"'))
  await there(`
    "$RUN" truncate -s 80M "$FILE"
    zpool create "$POOL" "$FILE"
    zfs create "$POOL/with blank"
    zfs create "$POOL/other"
    zfs set autobackup:far=true "$POOL"
    zfs set autobackup:far=false "$POOL/other"`)
  const way = (user: string) => [
    ...['--ssh-source', `${user}@${host.address}`],
    ...['--identity', host.key],
    ...['--ssh-option', `UserKnownHostsFile=${host.knownHosts}`],
  ]
  const listed = async (): Promise<readonly string[]> =>
    (await there('zfs list -H -t snapshot -o name -r "$POOL"'))
      .split('\n')
      .filter((line) => line !== '')
      .sort()

  await t.test('as root; commands are run there', async (t) => {
    const mark = `/tmp/${pool}.mark`
    const args = [
      ...['far', ...way('root')],
      ...['--pre-snapshot-cmd', `touch '${mark}'`],
      ...['--post-snapshot-cmd', `rm "${mark}"`],
    ]
    const dry = await snap([...args, '--dry-run'])
    t.equal(dry.code, 0, dry.err)
    t.equal(dry.out.length, 3)
    for (const line of dry.out) t.match(line, /^ssh /)
    t.strictSame(await listed(), [])
    const { code, out, err } = await snap(args)
    t.equal(code, 0, err)
    t.strictSame(
      out.map((line) => line.split('@')[0]),
      [pool, `${pool}/with blank`],
    )
    t.strictSame(await listed(), [...out].sort())
    const failing = await snap([
      ...['far', ...way('root'), '--allow-empty'],
      ...['--pre-snapshot-cmd', `rm ${mark}`],
    ])
    t.equal(failing.code, 1, 'it was removed, and there')
    t.match(failing.err, new RegExp(`'rm .*' exited 1: .*${mark}`))
    t.strictSame(await listed(), [...out].sort())
  })

  await t.test('as an ordinary user, by zfs allow', async (t) => {
    const args = [...['own', ...way('backup'), '--no-sudo'], ...['--dataset', `${pool}/with blank`]]
    const denied = await snap(args)
    t.equal(denied.code, 1)
    t.match(
      denied.err,
      `or let root run once: zfs allow -u backup snapshot,mount '${pool}/with blank'`,
    )
    t.match(denied.err, `backup@${host.address}: `)
    await there('zfs allow -u backup snapshot,mount "$POOL/with blank"')
    const { code, out, err } = await snap(args)
    t.equal(code, 0, err)
    t.equal(out.length, 1)
    const more = [
      ...[...args, '--allow-empty', '--snapshot-format', '{}%Y%m%d-%H%M%S'],
      ...['--set-snapshot-properties', 'a:b=c'],
    ]
    t.match((await snap(more)).err, 'snapshot,mount,userprop')
    await there('zfs allow -u backup userprop "$POOL/with blank"')
    const set = await snap(more)
    t.equal(set.code, 0, set.err)
  })

  await t.test('what cannot be reached', async (t) => {
    const { code, err } = await snap(['far', '--ssh-source', 'root@no.invalid'])
    t.equal(code, 1)
    t.match(err, /^z3-snap: root@no\.invalid/)
    const none = await snap(['nobody', ...way('root')])
    t.equal(none.code, 4)
    t.match(none.err, `no dataset on root@${host.address} has the property`)
  })
})
