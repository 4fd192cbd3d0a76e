/** The units of systemd: their commands, their times, and what the docs say of them. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runInside } from '@z3/fixtures'
import t from 'tap'
import { main } from '../src/main.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const units = readdirSync(`${root}systemd`)
const read = (unit: string) => readFileSync(`${root}systemd/${unit}`, 'utf8')

/** The values of a setting. */
const valuesOf = (unit: string, key: string): readonly string[] =>
  [...read(unit).matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value)

const isMissing = (program: string): string | false => {
  try {
    execFileSync(program, ['--version'])
    return false
  } catch {
    return `${program} is missing`
  }
}
const skip = isMissing('systemd-analyze')

void t.test('each service has its timer', (t) => {
  const services = units.filter((unit) => unit.endsWith('.service'))
  t.equal(services.length, 4)
  for (const service of services) {
    const timer = service.replace('.service', '.timer')
    t.strictSame(valuesOf(timer, 'Persistent'), ['yes'], timer)
    // progress is sent by systemd-notify
    t.equal(valuesOf(service, 'NotifyAccess').length, 1)
  }
  t.end()
})

void t.test('z3 takes the command lines', async (t) => {
  const dir = t.testdir({ store: {} })
  const env = { BUCKET: `file://${dir}/store`, HOME: dir, Z3_RETENTION: '10' }
  for (const name of ['backup', 'verify', 'prune']) {
    const unit = `z3-${name}@.service`
    const [line = ''] = valuesOf(unit, 'ExecStart')
    const args = /ARGS=([^"]*)"/.exec(read(unit))?.[1] ?? ''
    const words = line.replace('$ARGS', args).replace('%I', 'tank/data').split(/ +/)
    t.equal(words[0], 'z3')
    const { code, stderr } = await runInside(main, words.slice(1), { env })
    t.not(code, 2, stderr)
    t.not(code, 0, 'there is no such dataset')
  }
})

void t.test('all of z3 are hardened alike', (t) => {
  const hardening = [
    ...['LockPersonality', 'NoNewPrivileges', 'PrivateTmp', 'ProtectClock', 'ProtectControlGroups'],
    ...['ProtectHome', 'ProtectHostname', 'ProtectKernelLogs', 'ProtectKernelModules'],
    ...['ProtectSystem', 'RestrictAddressFamilies', 'RestrictNamespaces', 'RestrictRealtime'],
    ...['RestrictSUIDSGID', 'SystemCallArchitectures', 'UMask', 'RuntimeDirectory'],
  ]
  for (const key of hardening) {
    const [expected] = valuesOf('z3-backup@.service', key)
    t.ok(expected, key)
    for (const name of ['verify', 'prune']) {
      t.strictSame(valuesOf(`z3-${name}@.service`, key), [expected], `${name}: ${key}`)
    }
  }
  t.end()
})

void t.test('as systemd reads them', { skip }, (t) => {
  const page = readFileSync(`${root}docs/install.md`, 'utf8')
  for (const unit of units) {
    if (unit.endsWith('.timer')) {
      const [when = ''] = valuesOf(unit, 'OnCalendar')
      t.match(execFileSync('systemd-analyze', ['calendar', when], { encoding: 'utf8' }), 'Next')
      continue
    }
    // exits 1 if the exposure is higher than a limit, which is 10
    const args = ['security', '--offline=true', '--no-pager', `${root}systemd/${unit}`]
    const said = execFileSync('systemd-analyze', args, { encoding: 'utf8' })
    const score = /exposure level for .*: (\d+\.\d)/.exec(said)?.[1] ?? 'none'
    const name = unit.replace('.service', '')
    t.match(page, new RegExp(`\`${name}\`[^|]*\\|[^|]*\\| ${score} `), `${name}: ${score}`)
  }
  t.end()
})
