import { readFileSync } from 'node:fs'
import { hostPool, NO_SSH, type BinaryResult, type HostPool } from '@z3/fixtures'
import t, { type Test } from 'tap'
import { bothWays, ssh, sync } from './setup.js'

const SOURCE = 'zfs allow -u backup send,hold,bookmark,destroy '
const DESTINATION = 'zfs allow -u backup receive,create,mount,userprop '

void t.test('what is tried here is documented', (t) => {
  const url = new URL('../../../docs/ssh-sync.md', import.meta.url)
  const text = readFileSync(url, 'utf8')
  t.match(text, `\n${SOURCE}tank/data\n`)
  t.match(text, `\n${DESTINATION}vault\n`)
  t.end()
})

void t.test('as an ordinary user', { skip: NO_SSH }, async (t) => {
  const here = await hostPool('source', 'z3e')
  t.teardown(() => here.close())
  const there = await hostPool('target', 'z3f')
  t.teardown(() => there.close())
  const source = `backup@${here.host.address}`
  const destination = `backup@${there.host.address}`
  const both = bothWays(t, here.host, there.host)

  /** A dataset at the source with a file and a snapshot s1. */
  const begin = async (name: string, options = ''): Promise<string> => {
    const dataset = `${here.name}/${name}`
    await here.must(`echo password | zfs create ${options} "$DATASET"`, {
      DATASET: dataset,
    })
    await write(here, dataset, 's1')
    return dataset
  }
  const allow = (pool: HostPool, line: string, dataset: string): Promise<string> =>
    pool.must(`${line} "$DATASET"`, { DATASET: dataset })
  const marks = (dataset: string): Promise<string> =>
    here.must('zfs list -H -t bookmark -d 1 -o name "$DATASET"', {
      DATASET: dataset,
    })

  await t.test('from one host to another, a line at a time', async (t) => {
    const from = await begin('relay')
    const vault = `${there.name}/relay`
    const to = `${vault}/copy`
    await there.must('zfs create "$VAULT"', { VAULT: vault })
    const relay = (...more: readonly string[]): Promise<BinaryResult> =>
      sync([
        ...['--from', `${source}:${from}`, '--to', `${destination}:${to}`],
        ...[...both, ...more],
      ])

    const unsent = await relay()
    denied(t, unsent, `zfs send ${from}@s1 on ${source}`)
    t.match(unsent.stderr, `zfs allow -u backup send ${from};`)
    await allow(here, SOURCE, from)

    const unreceived = await relay()
    denied(t, unreceived, `zfs receive -u -s ${to} on ${destination}`)
    t.match(unreceived.stderr, `zfs allow -u backup receive,create,mount ${vault};`)
    await missing(t, there, to)
    await allow(there, DESTINATION, vault)

    received(t, await relay(), `${to}@s1`)
    for (const name of ['s2', 's3']) await write(here, from, name)
    received(t, await relay(), `${to}@s3`)
    t.equal(await there.guids(to), await here.guids(from))
    t.match(
      await marks(from),
      new RegExp(`^${from}#z3-sync-[0-9a-f]{8}-\\d+\\n$`),
      'the bookmark before it is gone',
    )

    // it was all sent by somebody who may destroy bookmarks, and nothing else
    const asUser = (pool: HostPool, words: string): Promise<string> =>
      pool.must(
        `if ssh -F none -i "$KEY" -o UserKnownHostsFile="$KNOWN" "$USER" ${words} 2>&1; then exit 1; fi`,
        {
          KEY: pool.host.key,
          KNOWN: pool.host.knownHosts,
          USER: `backup@${pool.host.address}`,
        },
      )
    t.match(
      await asUser(here, `zfs destroy ${from}@s2`),
      'cannot destroy snapshots: permission denied',
    )
    t.match(await asUser(there, `zfs destroy ${to}@s2`), 'permission denied')
    t.match(await asUser(there, `zfs rollback -r ${to}@s1`), 'denied')
    t.equal(await there.guids(to), await here.guids(from))
  })

  await t.test('push', async (t) => {
    const from = await begin('pushed')
    const vault = `${there.name}/pushed`
    const to = `${vault}/copy`
    await there.must('zfs create "$VAULT"', { VAULT: vault })
    const push = (...more: readonly string[]): Promise<BinaryResult> =>
      sync([
        ...[...ssh(there.host), '--dataset', from, '--remote-dataset', to],
        ...[...more, destination],
      ])
    denied(t, await push(), `zfs receive -u -s ${to} on ${destination}`)
    await allow(there, DESTINATION, vault)
    received(t, await push(), `${to}@s1`)
    await write(here, from, 's2')
    received(t, await push(), `${to}@s2`)
    t.equal(await there.guids(to), await here.guids(from))

    await write(here, from, 's3')
    for (const needed of ['receive', 'create', 'mount']) {
      await there.must(`zfs unallow -u backup ${needed} "$VAULT"`, {
        VAULT: vault,
      })
      denied(t, await push(), `zfs receive -u -s ${to} on ${destination}`)
      await allow(there, DESTINATION, vault)
    }
    // who may receive may do so with -F: docs/ssh-sync.md warns of it
    await there.must('zfs snapshot "$TO@mine"', { TO: to })
    received(t, await push('--rollback'), `${to}@s3`)
    t.equal(await there.guids(to), await here.guids(from))
  })

  await t.test('pull, and each permission is needed', async (t) => {
    const from = await begin('pulled')
    const to = `${here.name}/pull-copy`
    const pull = (...more: readonly string[]): Promise<BinaryResult> =>
      sync([
        ...['--pull', ...ssh(here.host), '--dataset', to],
        ...['--remote-dataset', from, ...more, source],
      ])
    denied(t, await pull(), `zfs send ${from}@s1 on ${source}`)
    await missing(t, here, to)
    await allow(here, 'zfs allow -u backup send', from)

    // it has arrived, but without a base the next increment may be impossible
    const first = await pull()
    t.equal(first.code, 1)
    t.equal(String(first.stdout), `received ${to}@s1\n`)
    t.match(first.stderr, `${from}@s1 was received, but cannot be protected as `)
    t.match(first.stderr, `${source}: zfs bookmark exited 1`)
    t.match(first.stderr, `zfs allow -u backup bookmark ${from}\n`)
    await allow(here, 'zfs allow -u backup bookmark', from)
    t.equal((await pull()).stderr, '')

    for (const name of ['s2', 's3']) await write(here, from, name)
    const between = await pull()
    denied(t, between, `zfs send -I ${from}@s1 ${from}@s3 on ${source}`)
    t.match(between.stderr, `zfs allow -u backup send,hold ${from};`)
    await allow(here, 'zfs allow -u backup hold', from)

    const kept = await pull()
    received(t, kept, `${to}@s3`)
    t.match(kept.stderr, `${source}: zfs destroy exited 1`)
    t.match(kept.stderr, `zfs allow -u backup destroy ${from}\n`)
    t.equal((await marks(from)).trim().split('\n').length, 2)
    await allow(here, 'zfs allow -u backup destroy', from)

    const tidied = await pull()
    t.equal(tidied.code, 0)
    t.equal(tidied.stderr, '')
    t.equal((await marks(from)).trim().split('\n').length, 1)
    t.equal(await here.guids(to), await here.guids(from))
  })

  await t.test('raw: the flags are kept where userprop is given', async (t) => {
    const from = await begin('raw', '-o encryption=on -o keyformat=passphrase')
    const vault = `${there.name}/raw`
    await there.must('zfs create "$VAULT"', { VAULT: vault })
    await allow(here, SOURCE, from)
    await allow(there, DESTINATION, vault)
    const to = `${vault}/copy`
    const relay = (): Promise<BinaryResult> =>
      sync([
        ...['--from', `${source}:${from}`, '--to', `${destination}:${to}`],
        ...[...both, '--raw'],
      ])
    received(t, await relay(), `${to}@s1`)
    await write(here, from, 's2')
    received(t, await relay(), `${to}@s2`)
    t.equal(await there.guids(to), await here.guids(from))
    t.equal(
      await there.must('zfs get -H -o value z3:send-flags,keystatus "$TO"', {
        TO: to,
      }),
      'w\nunavailable\n',
    )
  })
})

const write = (pool: HostPool, dataset: string, snapshot: string): Promise<string> =>
  pool.must(
    `"$RUN" sh -c 'head -c 300000 /dev/urandom > "$1/$2"' sh "/$DATASET" ${snapshot}
     zfs snapshot "$DATASET@${snapshot}"`,
    { DATASET: dataset },
  )

const denied = (t: Test, { code, stdout, stderr }: BinaryResult, what: string) => {
  t.equal(code, 1, stderr)
  t.equal(stdout.length, 0)
  t.match(stderr, `z3-ssh-sync: '${what}' exited 1: `)
  t.match(stderr, /: permission denied\nhint: Run as root, or let root run /)
  t.notMatch(stderr, /^\s+at /m, 'no stack')
}

const received = (t: Test, { code, stdout, stderr }: BinaryResult, name: string) => {
  t.equal(code, 0, stderr)
  t.equal(String(stdout), `received ${name}\n`)
}

const missing = async (t: Test, pool: HostPool, dataset: string) => {
  t.notMatch(await pool.must('zfs list -H -o name'), new RegExp(`${dataset}$`, 'm'))
}
