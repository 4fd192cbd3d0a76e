import { runPage } from './run-page.js'

runPage('docs/retention.md', {
  setup: `
    echo 'RETENTION = 10,1d1w,1w1m,1m1y' >> /etc/z3_backup/z3.conf
    zfs create tank/data
    for name in 1 2 3; do
      "$RUN" sh -c 'date >> /tank/data/log'
      zfs snapshot "tank/data@$name"
    done
    z3 backup --quiet tank/data`,
})
