import { runPage } from './run-page.js'

const DAYS = ['daily-1', 'daily-2', 'daily-3', 'daily-4']

/** A dataset has the snapshots up to one of DAYS, and what was written before it. */
const upTo = (dataset: string, days: number): string => {
  const names = DAYS.slice(0, days)
  return `
    test "$(zfs list -H -d 1 -t snapshot -s createtxg -o name ${dataset} | sed 's/.*@//' | xargs)" = '${names.join(' ')}'
    test "$("$RUN" cat /${dataset}/log | xargs)" = '${names.join(' ')}'`
}

runPage('docs/operating.md', {
  versioning: true,
  pools: ['newpool'],
  setup: `
    zfs create tank/data
    zfs create tank/home
    for day in ${DAYS.join(' ')}; do
      "$RUN" sh -c 'echo "$1" >> /tank/data/log' sh "$day"
      zfs snapshot "tank/data@$day"
    done
    zfs snapshot tank/home@daily-1
    z3 backup --quiet tank/data tank/home`,
  steps: {
    'z3 verify --drill tank/drill --all': { after: '! zfs list tank/drill' },
    "z3 status --snapshot-prefix '' tank/data": {
      after: `for day in ${DAYS.join(' ')}; do grep "^$day " "$SCENE/shown"; done`,
    },
    'z3 restore --latest tank/data  ': {
      before: 'zfs destroy -r tank/data',
      after: upTo('tank/data', 4),
    },
    'z3 restore tank/data@daily-3 --into tank/look': { after: upTo('tank/look', 3) },
    'z3 restore tank/data@daily-3 --force': {
      before: `
        zfs destroy -r tank/data
        zfs create tank/data
        zfs snapshot tank/data@of-another`,
      after: `${upTo('tank/data', 3)}
        zfs list -H -o name -r tank | grep -E '^tank/data[.]z3-replaced-[0-9]+T[0-9]+Z$'`,
    },
    // the check has read the dataset, which changes access times
    'z3 restore --latest tank/data --thaw bulk': { before: 'zfs rollback tank/data@daily-3' },
    'z3 restore --latest tank/data --thaw standard': { after: upTo('tank/data', 4) },
    'z3 restore --all --into newpool --thaw': {
      after: `${upTo('newpool/tank/data', 4)}
        zfs destroy -r newpool/tank`,
    },
    'z3 list --as-of': {
      before: 'pput --quiet --overwrite z3-backup/tank/home@daily-1 -- echo replaced',
    },
    'z3 restore --all --into newpool --as-of': {
      after: `${upTo('newpool/tank/data', 4)}
        zfs list newpool/tank/home@daily-1
        z3 backup --quiet --full --overwrite tank/home`,
    },
    'z3 recovery-sheet': { after: "grep 'zfs receive' recovery-sheet.txt" },
    'z3 copy s3://my-backups file:///mnt/disk': {
      before: 'mkdir /mnt/disk',
      after: 'z3 status --bucket file:///mnt/disk --check tank/data',
    },
  },
})
