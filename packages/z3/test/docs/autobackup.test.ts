import { runPage } from './run-page.js'

runPage('docs/autobackup.md', {
  pools: ['rpool', 'backup'],
  setup: `
    for dataset in rpool/data rpool/swap tank/copy; do zfs create "$dataset"; done
    "$RUN" sh -c 'date > /rpool/data/log'
    zfs snapshot rpool/data@offsite1-20261120030000
    mkdir /mnt/usb`,
  steps: {
    'z3-autobackup --verbose --ssh-source server1': {
      after: `
        zfs list -t snapshot backup/server1/rpool/data@offsite1-20261120030000
        ! zfs list backup/server1/rpool/swap`,
    },
    'z3-autobackup offsite1 tank/copy --target': {
      after: 'zfs list tank/copy/rpool/data; z3 status --bucket file:///mnt/usb --check rpool/data',
    },
    'z3 restore': { after: '"$RUN" cmp /rpool/data/log /rpool/data.new/log' },
    'zfs send -R backup/server1': { before: 'zfs destroy -r rpool/data.new' },
  },
})
