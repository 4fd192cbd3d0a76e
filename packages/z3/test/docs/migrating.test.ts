import { runPage } from './run-page.js'

runPage('docs/migrating.md', {
  setup: `
    zfs create tank/data
    zfs snapshot tank/data@autosnap_2026-11-29_00:00:01_daily
    zfs snapshot tank/data@other
    zfs snapshot tank/data@autosnap_2026-11-30_00:00:01_daily`,
  steps: {
    'z3 status': { after: 'test "$(grep -c "^autosnap_" "$SCENE/shown")" = 2' },
  },
})
