import { NO_SSH } from '@z3/fixtures'
import t from 'tap'
import { ownHost } from './days/own-host.js'
import { simulate } from './days/simulate.js'

/** Days that scripts/simulate-days asks for; here a few with both steps. */
const wanted = process.env['Z3_SIMULATE_DAYS']
const days = Number(wanted ?? 6)

void t.test(
  'days with a clock that is set back twice',
  { skip: wanted === undefined && NO_SSH },
  async (t) => {
    const host = ownHost('days')
    t.teardown(() => {
      host.stop()
    })
    const third = Math.floor(days / 3)
    const figures = await simulate(host, days, [
      { day: third, back: 25 * 3600 },
      { day: 2 * third, back: 60 },
    ])
    t.comment(`figures: ${JSON.stringify(figures)}`)
    t.strictSame(figures.violations, [])
    t.equal(figures.runs, days * 4)
    t.equal(figures.made, figures.runs)
    t.equal(figures.sent, figures.runs)
    // the cases are about something
    t.ok(figures.notes >= 4, `${String(figures.notes)} runs with a note`)
    t.ok(figures.destroyedAtSource > 0)
    t.ok(figures.destroyedAtTarget > 0)
  },
)
