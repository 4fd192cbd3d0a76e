import { runPage } from './run-page.js'

runPage('README.md', {
  unconfigured: true,
  pools: ['backup'],
  setup: `
    zfs create tank/data
    "$RUN" sh -c 'date > /tank/data/log'
    zfs snapshot -r tank@monday
    zfs create -p -o readonly=on backup/server1`,
  steps: {
    'z3 restore': {
      after: '"$RUN" cmp /tank/data/log /tank/look/log',
    },
    'z3-autobackup': {
      after: 'zfs list -H -o name -t snapshot backup/server1/tank/data | grep @offsite1-',
    },
    'z3-get': {
      after:
        'test "$(zfs get -H -o value guid tank@monday)" = "$(zfs get -H -o value guid tank/restored@monday)"',
    },
  },
})
