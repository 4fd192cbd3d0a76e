import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import type { Test } from 'tap'

/**
 * An ssh whose other host is this one, with a PATH of its own: nothing is there
 * but what a test puts there, and the administrator's directories.
 */
const FAKE_SSH = `#!/bin/sh
mode=run socket= args="$*"
while [ $# -gt 0 ]; do
  case $1 in
    --) shift; break ;;
    -G) mode=settings ;;
    -M) mode=master ;;
    -O) mode=check; shift ;;
    -S) shift; socket=$1 ;;
    -F | -o | -p | -i) shift ;;
  esac
  shift
done
case $mode in
  settings) echo "user eve"; echo "$SETTINGS" ;;
  master) echo "$args" > "$0.master"; : > "$socket"; exec sleep 1000 ;;
  check) [ -e "$socket" ] ;;
  run) echo "$2" >> "$0.log"; eval "$FORCED"; PATH=$THERE exec sh -c "$2" ;;
esac
`

export interface FakeHost {
  /** The environment to open a host in. */
  readonly env: NodeJS.ProcessEnv
  /** The words that were to be run there, a line each. */
  readonly log: string
  /** The arguments of the ssh that holds the connection. */
  readonly master: string
}

/**
 * @param scripts programs of the other host, by their names
 * @param forced a script that is run before each command, and may end it
 */
export function fakeHost(
  t: Test,
  scripts: Readonly<Record<string, string>>,
  forced = '',
): FakeHost {
  const dir = t.testdir({})
  const put = (file: string, text: string): void => {
    writeFileSync(`${dir}/${file}`, text)
    chmodSync(`${dir}/${file}`, 0o755)
  }
  // the path of a socket must be short
  const tmp = mkdtempSync('/tmp/z3-fake-')
  t.teardown(() => {
    rmSync(tmp, { recursive: true })
  })
  mkdirSync(`${dir}/here`)
  mkdirSync(`${dir}/there`)
  put('here/ssh', FAKE_SSH)
  for (const name of ['sh', 'bash', 'env', 'cat']) {
    const path = execFileSync('sh', ['-c', `command -v ${name}`])
    symlinkSync(String(path).trim(), `${dir}/there/${name}`)
  }
  for (const [name, script] of Object.entries(scripts)) {
    put(`there/${name}`, `#!/bin/sh\n${script}\n`)
  }
  return {
    env: {
      PATH: `${dir}/here:/usr/bin:/bin`,
      TMPDIR: tmp,
      THERE: `${dir}/there`,
      FORCED: forced,
      SETTINGS: 'connecttimeout none\nserveraliveinterval 0',
    },
    log: `${dir}/here/ssh.log`,
    master: `${dir}/here/ssh.master`,
  }
}
