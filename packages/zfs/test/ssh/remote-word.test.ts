import { execFileSync, spawnSync } from 'node:child_process'
import t from 'tap'
import { remoteWord, type RemoteShell } from '../../src/ssh/remote-word.js'

const plain: RemoteShell = {
  path: undefined,
  pipefail: 'sh',
  sudo: false,
  restricted: false,
}
const list = { file: 'zfs', args: ['list', 'a b$(id)', ''] }
const send = { file: 'zfs', args: ['send', 'tank/with space@a'] }
const zstd = { file: 'zstd', args: ['-3'] }

void t.test('one command', (t) => {
  t.equal(remoteWord([list], plain), "env LC_ALL=C zfs list 'a b$(id)' ''")
  t.equal(
    remoteWord([send], { ...plain, path: '/bin:/my sbin', sudo: true }),
    "env LC_ALL=C 'PATH=/bin:/my sbin' sudo -n zfs send 'tank/with space@a'",
  )
  t.equal(remoteWord([send], { ...plain, restricted: true }), "zfs send 'tank/with space@a'")
  t.end()
})

void t.test('a pipeline', (t) => {
  t.equal(
    remoteWord([send, zstd], { ...plain, pipefail: 'bash', sudo: true }),
    String.raw`env LC_ALL=C bash -c 'set -o pipefail; sudo -n zfs send '\''tank/with space@a'\'' | zstd -3'`,
  )
  t.equal(
    remoteWord([zstd, zstd], { ...plain, pipefail: undefined }),
    "env LC_ALL=C sh -c 'zstd -3 | zstd -3'",
  )
  t.throws(() => remoteWord([], plain), RangeError)
  t.end()
})

void t.test('what shells read differently is written in octal', (t) => {
  const set = { file: 'zfs', args: ['set', "a:b=it's"] }
  t.equal(
    remoteWord([set], plain),
    String.raw`env LC_ALL=C sh -c 'eval "$(printf "zfs set \047a:b=it\047\134\047\047s\047")"'`,
  )
  t.end()
})

for (const shell of ['sh', 'bash', 'dash', 'tcsh', 'fish']) {
  const { error } = spawnSync(shell, ['-c', 'true'])
  const skip = error ? `no ${shell} on this machine` : false
  void t.test(`${shell} as the login shell there`, { skip }, (t) => {
    const odd = [
      ...['', ' ', "'", '"', '!', '!!', 'a!b', '\\', '\\\\', "\\'", '%s', '%'],
      ...['$(id)', '`id`', '$HOME', 'a\nb', '*', '~', '{a,b}', 'ü', '#', '^x^y'],
    ]
    for (const word of odd) {
      const show = { file: 'printf', args: ['%s|', word, 'end'] }
      for (const pipeline of [[show], [show, { file: 'cat', args: [] }]]) {
        const { stdout, stderr } = spawnSync(shell, [
          '-c',
          remoteWord(pipeline, { ...plain, pipefail: 'bash' }),
        ])
        t.equal(String(stdout), `${word}|end|`, `${word} ${String(stderr)}`)
      }
    }
    const failing = { file: 'sh', args: ['-c', "exit '7'"] }
    t.equal(
      spawnSync(shell, ['-c', remoteWord([failing], plain)]).status,
      7,
      'the status comes through',
    )
    t.end()
  })
}

void t.test('a shell reads from it what was put in', (t) => {
  const odd = ['', ' ', "'", '"', '$(touch x)', '`id`', 'a\nb', '\\', '*', '~']
  const show = { file: 'printf', args: ['%s|', ...odd] }
  const out = execFileSync('sh', ['-c', remoteWord([show], plain)])
  t.equal(String(out), `${odd.join('|')}|`)
  const piped = execFileSync('sh', [
    '-c',
    remoteWord([show, { file: 'cat', args: [] }], {
      ...plain,
      pipefail: 'bash',
    }),
  ])
  t.equal(String(piped), `${odd.join('|')}|`)
  const failing = remoteWord(
    [
      { file: 'sh', args: ['-c', 'exit 7'] },
      { file: 'cat', args: [] },
    ],
    { ...plain, pipefail: 'bash' },
  )
  t.equal(spawnSync('sh', ['-c', failing]).status, 7, 'a failure of the first is not lost')
  t.end()
})
