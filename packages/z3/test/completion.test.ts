/** The completion scripts in real shells on a terminal: what is typed, Tab, and what then runs. */
import { chmodSync, writeFileSync } from 'node:fs'
import { delimiter, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fakeBucket, runBinary, runOnTerminal } from '@z3/fixtures'
import t from 'tap'

/** Datasets and snapshots; no test needs a pool for that. */
const ZFS = `#!/bin/sh
case "$*" in
  *guid*) ;;
  *snapshot*) echo pool/one@hour-1 ;;
  *) printf 'pool\\npool/one\\n' ;;
esac
`

/** How each shell starts with the script, and programs that print what they were called with. */
const SHELLS = {
  bash: {
    start: (file: string) => `bash --noprofile --rcfile ${file} -i`,
    rc: (script: string) => `PS1='ready> '; source ${script}
z3() { echo "ran: $*."; }; pput() { echo "ran: $*."; }`,
  },
  zsh: {
    // reads .zshrc in ZDOTDIR, and nothing of the host
    start: () => 'zsh -d -i',
    rc: (script: string) => `PROMPT='ready> '; autoload -Uz compinit; compinit -u -D
source ${script}
z3() { echo "ran: $*." }; pput() { echo "ran: $*." }`,
  },
  fish: {
    start: (file: string) => `fish --no-config -i -C 'source ${file}'`,
    rc: (script: string) => `function fish_prompt; echo -n 'ready> '; end
source ${script}
function z3; echo "ran: $argv."; end
function pput; echo "ran: $argv."; end`,
  },
}

const TAB = '\t'

const programs = fileURLToPath(new URL('../../../node_modules/.bin', import.meta.url))

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  void t.test(shell, async (t) => {
    const bucket = await fakeBucket()
    t.teardown(() => bucket.close())
    bucket.fake.put('z3-backup/tank/data@day-2026', 'x', { isfull: 'true', guid: '1' })
    const directory = t.testdir({ zfs: ZFS })
    chmodSync(`${directory}/zfs`, 0o755)
    const printed = await runBinary('z3', ['completion', shell])
    t.equal(printed.code, 0, printed.stderr)
    writeFileSync(`${directory}/script`, printed.stdout)
    writeFileSync(`${directory}/.zshrc`, SHELLS[shell].rc(`${directory}/script`))
    const { code, screen } = await runOnTerminal(
      `timeout --foreground -s KILL 200 ${SHELLS[shell].start(`${directory}/.zshrc`)}`,
      [
        ['ready> ', `z3 sta${TAB}`],
        ['ran: status.', `pput --addressing vi${TAB}`],
        ['ran: --addressing virtual.', `z3 backup pool/o${TAB}`],
        ['ran: backup pool/one.', `z3 restore tank/d${TAB}`],
        ['ran: restore tank/data.', `z3 restore tank/data@d${TAB}`],
        ['ran: restore tank/data@day-2026.', 'exit'],
      ],
      {
        ...bucket.env,
        PATH: [directory, programs, dirname(process.execPath), process.env['PATH']].join(delimiter),
        HOME: directory,
        ZDOTDIR: directory,
      },
    )
    if (code !== 0) t.comment(JSON.stringify(screen))
    t.equal(code, 0)
    t.match(screen, 'ran: restore tank/data@day-2026.')
  })
}

void t.test('another shell', async (t) => {
  const { code, stderr } = await runBinary('z3', ['completion', 'tcsh'])
  t.equal(code, 2)
  t.match(stderr, "there is no completion for 'tcsh': bash, zsh or fish")
})
