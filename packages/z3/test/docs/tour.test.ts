import { runPage } from './run-page.js'

runPage('docs/tour.md', {
  unconfigured: true,
  steps: {
    'z3 status tank/tour': { after: 'cat "$SCENE/shown" > /tmp/zz1' },
    'diff -r /tank/tour': { after: 'test ! -s "$SCENE/shown"' },
    'pput broken': { status: 1, after: 'test -z "$(find /mnt/tour -name "*broken*")"' },
    'ls /mnt/tour': { after: 'cat "$SCENE/shown" > /tmp/zz2' },
  },
})
