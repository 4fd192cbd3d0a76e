import { runPage } from './run-page.js'

runPage('docs/retention.md', {
  setup: `
    zfs create tank/data
    for name in 1 2 3; do
      "$RUN" sh -c 'date >> /tank/data/log'
      zfs snapshot "tank/data@$name"
    done
    z3 backup --quiet tank/data`,
})
