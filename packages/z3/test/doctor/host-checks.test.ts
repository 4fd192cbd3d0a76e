import { chmodSync, mkdirSync } from 'node:fs'
import type { LoadedConfig } from '@z3/config'
import t from 'tap'
import { checkDirectories } from '../../src/doctor/host/check-directories.js'
import { checkMonitoring } from '../../src/doctor/host/check-monitoring.js'
import type { Finding } from '../../src/doctor/finding.js'

/** `check state`; every finding that is not ok has a fix. */
const short = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ check, state, text, fix }) => {
    const needsFix = state === 'problem' || state === 'warning'
    if (needsFix !== (fix !== undefined)) throw new Error(`fix of: ${text}`)
    return `${check} ${state}`
  })

void t.test('monitoring', async (t) => {
  const dir = t.testdir({
    'z3.prom': '',
    'theirs.prom': 'node_load1 1\n',
    bin: { mail: '#!/bin/sh\n', text: 'x' },
  })
  chmodSync(`${dir}/bin/mail`, 0o755)
  const of = (settings: Partial<LoadedConfig['settings']>) =>
    checkMonitoring({ settings: settings as LoadedConfig['settings'] }, { PATH: `${dir}/bin:/bin` })
  const command = (file: string) => ({ NOTIFY_COMMAND: { file, args: [] } })
  for (const [settings, expected, text] of [
    [{}, 'monitoring skipped', 'tells nobody'],
    [{ METRICS_FILE: `${dir}/z3.prom` }, 'metrics-file ok', 'can be written'],
    [{ METRICS_FILE: `${dir}/new.prom` }, 'metrics-file ok', 'can be written'],
    [{ METRICS_FILE: `${dir}/none/z3.prom` }, 'metrics-file problem', 'ENOENT'],
    [{ METRICS_FILE: `${dir}/theirs.prom` }, 'metrics-file problem', 'is not a metrics file of z3'],
    [{ METRICS_FILE: `${dir}/z3.txt` }, 'metrics-file warning', 'end in .prom'],
    [command('sh'), 'notify-command ok', '/bin/sh'],
    [command(`${dir}/bin/mail`), 'notify-command ok', 'mail'],
    [command('mail'), 'notify-command warning', "cron's PATH"],
    [command('z3-none'), 'notify-command problem', 'in PATH'],
    [command(`${dir}/bin/text`), 'notify-command problem', 'no executable program'],
    [{ PING_URL: 'https://hc-ping.com/secret' }, 'ping-url ok', 'not requested'],
    [{ PING_URL: 'http://hc-ping.com/secret' }, 'ping-url warning', 'no TLS'],
  ] as const) {
    const found = await of(settings)
    t.strictSame(short(found), [expected], JSON.stringify(found))
    t.match(found[0]?.text, text)
    t.notMatch(JSON.stringify(found), 'secret')
  }
})

void t.test('directories', async (t) => {
  const dir = t.testdir({ home: {}, file: '', open: {} })
  chmodSync(`${dir}/open`, 0o777)
  const of = (env: Readonly<Record<string, string>>, ...places: readonly string[]) =>
    checkDirectories(env, places)
  const home = { HOME: `${dir}/home` }
  const fine = ['locks ok', 'state ok', 'cache ok']
  t.strictSame(short(await of(home, `${dir}/locks`)), fine, 'none is there yet')
  t.strictSame(short(await of(home, `${dir}/none/locks`, `${dir}/locks`)), fine)
  t.match((await of(home, `${dir}/open`, `${dir}/locks`))[0]?.text, `kept in ${dir}/locks`)
  mkdirSync(`${dir}/locks`, { mode: 0o700 })
  t.strictSame(short(await of(home, `${dir}/locks`)), fine)
  const [locks] = await of(home, `${dir}/open`, `${dir}/none/locks`)
  t.equal(locks?.state, 'problem')
  t.match(locks?.text, `${dir}/open is not a directory that only this user can write to`)
  t.strictSame(short(await of({}, `${dir}/locks`)), ['locks ok', 'state warning', 'cache warning'])
  const wrong = { ...home, XDG_STATE_HOME: `${dir}/file` }
  t.strictSame(short(await of(wrong, `${dir}/locks`)), ['locks ok', 'state warning', 'cache ok'])
})
