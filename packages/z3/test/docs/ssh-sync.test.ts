import { runPage } from './run-page.js'

runPage('docs/ssh-sync.md', {
  pools: ['vault'],
  setup: `
    zfs create tank/data
    "$RUN" sh -c 'date > /tank/data/log'
    zfs snapshot tank/data@1
    # the page gives them further below
    zfs allow -u backup send,hold,bookmark,destroy tank/data
    zfs allow -u backup receive,create,mount,userprop vault`,
  steps: {
    'z3-ssh-sync': {
      after:
        'test "$(zfs get -H -o value guid tank/data@1)" = "$(zfs get -H -o value guid vault/data@1)"',
    },
  },
})
