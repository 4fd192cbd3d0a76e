import { runPage } from './run-page.js'

runPage('docs/thinning.md', {
  setup: `
    zfs create tank/home
    for name in $(seq 12); do zfs snapshot "tank/home@$name"; done`,
  steps: {
    // the first of the day is older than the last ten
    'zfs list -Hp -t snapshot -o creation,createtxg,name -d 1 tank/home | z3-thin --createtxg 10,1d1w':
      {
        after:
          'test "$(zfs list -H -t snapshot -o name -s createtxg tank/home | sed s/.*@// | xargs)" = "1 3 4 5 6 7 8 9 10 11 12"',
      },
  },
})
