import { runPage } from './run-page.js'

runPage('docs/recovery.md', {
  unconfigured: true,
  setup: `
    for dataset in tank/data tank/home; do
      zfs create "$dataset"
      "$RUN" sh -c 'date > "/$1/log"' sh "$dataset"
      zfs snapshot "$dataset@monday"
    done
    z3 backup --config "$SCENE/z3.conf" --quiet tank/data tank/home
    "$RUN" cat /tank/data/log > log
    zfs destroy -r tank/data
    zfs destroy -r tank/home`,
  steps: {
    'z3 list': { after: 'grep tank/data "$SCENE/shown" && grep tank/home "$SCENE/shown"' },
    'z3 restore --latest tank/data --dry-run': { after: '! zfs list tank/data' },
    'z3 restore --latest tank/data': { after: '"$RUN" cat /tank/data/log | cmp - log' },
    'z3 restore --all': { after: 'zfs list -t snapshot tank/home@monday' },
    'z3 backup tank/data': {
      after: `
        z3 status tank/data > after
        grep '^restored .* monday ' after || { cat after; false; }`,
    },
  },
})
