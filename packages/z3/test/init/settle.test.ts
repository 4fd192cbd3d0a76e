import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { settleCompressor } from '../../src/init/ask-compressor.js'
import { enableTimers } from '../../src/init/enable-timers.js'
import { formatTime, parseTime } from '../../src/init/time-of-day.js'

void t.test('times of day', (t) => {
  for (const text of ['00:00', '02:15', '23:59']) {
    const time = parseTime(text)
    t.equal(time && formatTime(time), text)
  }
  t.strictSame(parseTime('3:30'), { hour: 3, minute: 30 })
  for (const text of ['', '24:00', '3', '3:60', '3:5', '03:30:00', ' 3:30']) {
    t.equal(parseTime(text), undefined, text)
  }
  t.end()
})

void t.test('the compressor', async (t) => {
  const notes: string[] = []
  const settle = (COMPRESSOR: string, isGiven: boolean, PATH: string) =>
    settleCompressor(
      { has: () => isGiven, settings: { COMPRESSOR } },
      undefined,
      { PATH },
      (line) => notes.push(line),
    )
  const dir = t.testdir({ lz4: '#!/bin/sh\n', none: {} })
  await t.rejects(settle('lz4', true, `${dir}/none`), {
    code: 'program-missing',
    message: "no such program: 'lz4'",
  })
  chmodSync(`${dir}/lz4`, 0o755)
  t.equal(await settle('lz4', true, dir), 'lz4')
  t.equal(await settle('none', true, `${dir}/none`), 'none')
  t.strictSame(notes, [])
  t.equal(await settle('lz4', false, `${dir}/none`), undefined)
  t.strictSame(notes, ['install lz4, or set COMPRESSOR: it is the default'])
})

void t.test('the timers', async (t) => {
  const dir = t.testdir({
    bin: { systemctl: `#!/bin/sh\necho "$*" >> "$LOG"\n` },
    units: {},
    log: '',
  })
  chmodSync(`${dir}/bin/systemctl`, 0o755)
  const enable = async (hour: number, minute: number, units = `${dir}/units`) => {
    writeFileSync(`${dir}/log`, '')
    await enableTimers(
      { datasets: ['tank/a', 'tank/b'], time: { hour, minute } },
      { PATH: `${dir}/bin:${process.env['PATH'] ?? ''}`, LOG: `${dir}/log` },
      new AbortController().signal,
      units,
    )
    return readFileSync(`${dir}/log`, 'utf8')
  }
  const file = `${dir}/units/z3-backup@tank-b.timer.d/z3-init.conf`
  const enabled = 'enable --now z3-backup@tank-a.timer z3-backup@tank-b.timer\n'
  t.equal(await enable(2, 15), enabled)
  t.notOk(existsSync(file), 'the time of the unit')
  t.equal(await enable(3, 5), `daemon-reload\n${enabled}`)
  t.match(readFileSync(file, 'utf8'), /^\[Timer\]\nOnCalendar=\nOnCalendar=\*-\*-\* 03:05:00\n$/m)
  t.equal(statSync(file).mode & 0o044, 0o044, 'readable by all')
  t.equal(await enable(2, 15), `daemon-reload\n${enabled}`)
  t.match(readFileSync(file, 'utf8'), 'OnCalendar=*-*-* 02:15:00', 'the earlier time is gone')
  await t.rejects(enable(3, 5, `${dir}/log`), { code: 'output-failed' })
})
