import { PipelineError, type StageResult } from '@z3/pipeline'
import t from 'tap'
import { explainPipeline, localHost, type Host } from '../src/index.js'

const result = (
  file: string,
  args: readonly string[],
  code: number,
  stderr: readonly string[] = [],
): StageResult => ({
  stage: { file, args, name: file },
  status: { kind: 'exited', code },
  stderr,
})

const failed = (...stages: readonly StageResult[]) =>
  new PipelineError(stages, {
    index: stages.findIndex(({ status }) => 'code' in status && status.code > 0),
    why: 'failed',
  })

const SEND = result('zfs', ['send', 'a@s'], 0)

const CUT = [
  'cannot receive new filesystem stream: checksum mismatch or incomplete stream.',
  'Partially received snapshot is saved.',
  'A resuming stream can be generated on the sending system by running:',
  '    zfs send -t 1-aa-bb-cc',
]

void t.test('zfs here', (t) => {
  const cut = failed(SEND, result('zfs', ['receive', 'b'], 1, CUT))
  t.match(explainPipeline(cut), {
    code: 'stage-failed',
    message:
      "'zfs' exited 1: cannot receive new filesystem stream: checksum mismatch or incomplete stream",
    hint: "'zfs' exited 0, 'zfs' exited 1.",
    cause: cut,
  })
  const there = failed(
    SEND,
    result('zfs', ['receive', 'b'], 1, [
      "cannot receive new filesystem stream: destination 'b' exists",
      'must specify -F to overwrite it',
    ]),
  )
  t.match(explainPipeline(there), {
    code: 'dataset-exists',
    message: "'zfs' exited 1: cannot receive new filesystem stream: destination 'b' exists",
    hint: "Choose another name, or rename the existing one; 'zfs' exited 0",
  })
  const unknown = failed(SEND, result('zfs', ['receive', 'b'], 1, ['what?']))
  t.equal(explainPipeline(unknown), unknown)
  t.end()
})

void t.test('what is no zfs', (t) => {
  const pigz = failed(SEND, result('pigz', [], 1, ["cannot open 'x': no"]))
  t.equal(explainPipeline(pigz), pigz)
  const ssh = failed(SEND, result('ssh', ['x'], 1, CUT))
  t.equal(explainPipeline(ssh), ssh, 'of a host that is not known')
  const other = new Error('other')
  t.equal(explainPipeline(other), other)
  t.end()
})

void t.test('zfs there', (t) => {
  const host: Host = {
    ...localHost({ env: {} }),
    ssh: { host: 'there' },
    user: 'eve',
    stages: () => [{ file: 'ssh', args: ['there', 'x'], name: 'x on there' }],
  }
  const sides = [{ host, commands: [{ file: 'zfs', args: ['receive', 'b'] }] }]
  const denied = failed(
    SEND,
    result('ssh', ['there', 'x'], 1, ['cannot receive new filesystem stream: permission denied']),
  )
  t.match(explainPipeline(denied, sides), {
    code: 'not-permitted',
    hint: /zfs allow .*eve/,
  })
  const refused = failed(
    SEND,
    result('ssh', ['there', 'x'], 126, ['z3-ssh-sync serve: not allowed: no']),
  )
  t.match(explainPipeline(refused, sides), {
    code: 'not-permitted',
    hint: /^The key permits certain commands only/,
  })
  const filter = failed(SEND, result('mbuffer', [], 1))
  t.equal(explainPipeline(filter, sides), filter)
  t.end()
})
