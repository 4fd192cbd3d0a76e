import { runPage } from './run-page.js'

runPage('docs/tour.md', {
  unconfigured: true,
  steps: {
    'diff -r /tank/tour': { after: 'test ! -s "$SCENE/shown"' },
    'pput broken': { status: 1 },
    'ls /mnt/tour': { after: 'test "$(cat "$SCENE/shown")" = z3-backup' },
  },
})
