/** The script of periodic(8), with a z3 that writes down how it is called. */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

const SCRIPT = fileURLToPath(new URL('../../../periodic/500.z3', import.meta.url))
const ENABLED = 'daily_z3_enable="YES"'

/** Run the script with this periodic.conf, and a z3 whose commands exit so. */
const runner = (t: Test) => {
  const dir = t.testdir({ bin: {} })
  // what /etc/defaults/periodic.conf of FreeBSD does
  writeFileSync(`${dir}/defaults`, `source_periodic_confs() { . "${dir}/periodic.conf"; }\n`)
  const script = readFileSync(SCRIPT, 'utf8').replaceAll(
    '/etc/defaults/periodic.conf',
    `${dir}/defaults`,
  )
  writeFileSync(`${dir}/500.z3`, script)
  return (conf: string, exits: Readonly<Record<string, number>> = {}, hasZ3 = true) => {
    const z3 = `${dir}/bin/z3`
    const cases = Object.entries(exits).map(([name, code]) => `${name}) exit ${String(code)} ;;`)
    writeFileSync(
      z3,
      `#!/bin/sh\nfor word; do printf '[%s]' "$word"; done >> ${dir}/log; echo >> ${dir}/log\necho "table of $1"; echo "message of $1" >&2\ncase $1 in ${cases.join(' ')} esac\n`,
    )
    chmodSync(z3, hasZ3 ? 0o755 : 0o644)
    writeFileSync(`${dir}/log`, '')
    writeFileSync(`${dir}/periodic.conf`, `${conf}\n`)
    const { status, stdout, stderr } = spawnSync('sh', [`${dir}/500.z3`], {
      env: { PATH: `${dir}/bin:/usr/bin:/bin` },
      encoding: 'utf8',
      cwd: dir,
    })
    const calls = readFileSync(`${dir}/log`, 'utf8').split('\n').slice(0, -1)
    return { status, calls, said: stdout + stderr }
  }
}

const BACKUP = '[backup][--]'
const STATUS = '[status][--quiet][--check][--max-age][26h][--]'

void t.test('periodic(8)', (t) => {
  const run = runner(t)
  for (const off of ['', 'daily_z3_enable="NO"', 'daily_z3_enable=no']) {
    t.strictSame(run(off), { status: 0, calls: [], said: '' }, off)
  }
  const usual = run(ENABLED)
  t.strictSame([usual.status, usual.calls], [0, [BACKUP, STATUS]])
  t.equal(
    usual.said,
    `\nBacking up with z3:\ntable of backup\n\nChecking the backups:\nmessage of backup\nmessage of status\n`,
    'no table of the status',
  )
  const all = run(`${ENABLED}
daily_z3_datasets="tank/a tank/*"
daily_z3_flags="--quiet --full"
daily_z3_max_age="2d"
daily_z3_prune_enable=yes
daily_z3_prune_flags=--respect-minimum
daily_z3_verify_enable=YES`)
  t.equal(all.status, 0, all.said)
  t.strictSame(all.calls, [
    '[backup][--quiet][--full][--][tank/a][tank/*]',
    '[prune][--respect-minimum][--][tank/a][tank/*]',
    '[status][--quiet][--check][--max-age][2d][--][tank/a]',
    '[status][--quiet][--check][--max-age][2d][--][tank/*]',
    '[verify][--max-time][2h][--][tank/a][tank/*]',
  ])
  t.strictSame(run(`${ENABLED}\ndaily_z3_max_age=""`).calls, [BACKUP], 'without a check')
  t.end()
})

void t.test('what fails', (t) => {
  const run = runner(t)
  const pruning = `${ENABLED}\ndaily_z3_prune_enable=YES`
  const failed = run(pruning, { backup: 1 })
  t.strictSame([failed.status, failed.calls], [3, [BACKUP, STATUS]], 'nothing is deleted then')
  t.match(failed.said, 'z3 backup: exit status 1\n')
  t.equal(run(pruning, { backup: 5 }).status, 1, 'another run does it')
  t.strictSame(run(pruning, { backup: 5 }).calls, [BACKUP, STATUS])
  // periodic(8) would hide 2
  t.equal(run(ENABLED, { backup: 2 }).status, 3)
  t.equal(run(pruning, { prune: 3 }).status, 3)
  t.equal(run(ENABLED, { status: 3 }).status, 3)
  t.equal(run(ENABLED, { status: 3, backup: 5 }).status, 3, 'the worst counts')
  t.equal(run(`${ENABLED}\ndaily_z3_verify_enable=YES`, { verify: 137 }).status, 3)

  const wrong = run('daily_z3_enable="enable"')
  t.strictSame([wrong.status, wrong.calls], [2, []])
  t.match(wrong.said, "daily_z3_enable is neither YES nor NO: 'enable'")
  const typo = run(`${ENABLED}\ndaily_z3_verify_enable=Y`)
  t.strictSame([typo.status, typo.calls], [2, [BACKUP, STATUS]])
  const missing = run(ENABLED, {}, false)
  t.strictSame([missing.status, missing.calls], [3, []])
  t.match(missing.said, 'z3 is not in ')
  t.end()
})

void t.test('shellcheck', { skip: !existsSync('/usr/bin/shellcheck') && 'it is missing' }, (t) => {
  t.equal(execFileSync('shellcheck', [SCRIPT], { encoding: 'utf8' }), '')
  t.end()
})
