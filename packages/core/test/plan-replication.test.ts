import t, { type Test } from 'tap'
import { findNamesakes, planReplication, Z3Error } from '../src/index.js'
import { partial, replicate, request, type ReplicationOptions } from './replication-notation.js'

/** Of each 10 seconds one, for 10,000 seconds. */
const TENS = '10s10000s'

const check = (
  t: Test,
  cases: readonly (readonly [
    here: string,
    there: string,
    options: ReplicationOptions,
    expected: string,
  ])[],
): void => {
  for (const [here, there, options, expected] of cases) {
    t.equal(
      replicate(here, there, options),
      expected,
      `${here} -> ${there} ${JSON.stringify(options)}`,
    )
  }
}

const failure = (call: () => unknown): Z3Error => {
  try {
    call()
  } catch (error) {
    if (error instanceof Z3Error) return error
    throw error
  }
  throw new Error('it did not fail')
}

void t.test('what is sent', (t) => {
  check(t, [
    // to nothing: all of ours, one by one
    ['@d1 @d2', 'none', {}, '=@d1 @d1-i@d2'],
    ['@x @d1 @y @d2', 'none', {}, '=@d1 @d1-i@d2'],
    ['@x @d1 @y @d2', 'none', { versions: 'all' }, '=@x @x-i@d1 @d1-i@y @y-i@d2'],
    ['@x', 'none', {}, ''],
    ['', 'none', {}, ''],
    // into a dataset without snapshots
    ['@d1', '', {}, '=@d1'],
    // behind the newest that both have, whoever took it
    ['@d1 @d2 @d3', '@d1', {}, '@d1-i@d2 @d2-i@d3'],
    ['@d1 @x @d2', '@d1 @x', {}, '@x-i@d2'],
    ['@d1 @d2', '@d1 @d2', {}, ''],
    ['@d1 @d2 @x', '@d2', {}, ''],
    ['@d1 @d2 @x', '@d2', { versions: 'all' }, '@d2-i@x'],
    // by guid, whatever the names are
    ['@d1%7 @d2', '@z%7', {}, '@d1-i@d2'],
    // from a bookmark where the snapshot is gone, and only then
    ['#d1 @d2', '@d1', {}, '#d1-i@d2'],
    ['@d1 #d1%100 @d2', '@d1', {}, '@d1-i@d2'],
    ['@d1 #d2 @d3', '@d1 @d2', {}, '#d2-i@d3'],
    // newer ones there are no obstacle as long as nothing was written
    ['@d1 @d2', '@d1 @z', {}, '@d1-i@d2'],
    // what is found in the full name
    ['@d1 @d2 @d3', '@d1', { exclude: [/@d2$/] }, '@d1-i@d3'],
    ['@d1 @d2', '@d1', { exclude: [/^tank/] }, ''],
  ])
  t.end()
})

void t.test('what stands in the way', (t) => {
  const destroy = { onLoss: 'destroy' } as const
  check(t, [
    ['@d1 @d2', '@d1 @z!', destroy, '!@z @d1-i@d2'],
    ['@d1 @d2', '@d1 @y @z! @w', destroy, '!@w !@z @d1-i@d2'],
    ['@d1 @d2', '@d1 @y', { ...destroy, raw: true }, '!@y @d1-i@d2'],
    // the name is taken
    ['@d1 @d2', '@d1 @d2%9', destroy, '!@d2 @d1-i@d2'],
  ])
  for (const [here, there, options] of [
    ['@d1 @d2', '@d1 @z!', {}],
    ['@d1 @d2', '@d1 @z', { raw: true }],
    ['@d1 @d2', '@d1 @d2%9', {}],
    // also when there is nothing to send: the next run would fail
    ['@d1', '@d1 @z!', {}],
  ] as const) {
    const { code, message } = failure(() => replicate(here, there, options))
    t.equal(code, 'destination-diverged')
    t.match(message, /^pool\/b has snapshots that block the stream: @/)
  }
  for (const options of [{}, { onLoss: 'destroy' }] as const) {
    const { code, message } = failure(() => replicate('@d1 @d2', '@z', options))
    t.equal(code, 'no-common-snapshot')
    t.match(message, 'pool/b')
  }
  // a name is no identity, unless the user says so
  t.equal(failure(() => replicate('@d1%7 @d2', '@d1%8')).code, 'no-common-snapshot')
  t.equal(replicate('@d1%7 @d2', '@d1%8', { trustNames: true }), '@d1-i@d2')
  const { source, target = [] } = request('@d1 @d2%7', '@d1 @d2%8')
  t.strictSame(
    findNamesakes(source, target).map((one) => [one.source.guid, one.target.guid]),
    [['7', '8']],
  )
  t.end()
})

void t.test('thinned on the way', (t) => {
  check(t, [
    // the newest and the common one stay whatever the schedule
    ['@d1 @d2', '@d1 @d2', { keepSource: '0', keepTarget: '0' }, '<@d1 >@d1'],
    ['@d1 @d2', '@d1', { keepSource: '0', keepTarget: '0' }, '@d1-i@d2[<@d1 >@d1]'],
    // what the target would thin is not sent, and goes here
    ['@d1 @d2 @d3', '@d1', { keepTarget: '0' }, '@d1-i@d3[>@d1]'],
    ['@d1 @d2 @d3', '@d1', { keepSource: '0', keepTarget: '0' }, '<@d2 @d1-i@d3[<@d1 >@d1]'],
    // what it wants waits here until it has it
    ['@d1 @d2 @d3', '@d1', { keepSource: '0', keepTarget: '9' }, '@d1-i@d2[<@d1] @d2-i@d3[<@d2]'],
    [
      '@d1 @d2 @d3',
      'none',
      { keepSource: '0', keepTarget: '9' },
      '=@d1 @d1-i@d2[<@d1] @d2-i@d3[<@d2]',
    ],
    ['@d1 @d2 @d3', 'none', { keepSource: '0', keepTarget: '0' }, '<@d1 <@d2 =@d3'],
    // blocks of 10 seconds: the oldest of each
    ['@d10 @d12 @d21 @d25', '@d10', { keepTarget: TENS }, '@d10-i@d21 @d21-i@d25'],
    ['@d10 @d12 @d21 @d25 @d26', '@d10', { keepTarget: TENS }, '@d10-i@d21 @d21-i@d26'],
    // those of others are neither counted nor destroyed
    ['@x @d1 @y @d2', '@x @d1 @y', { keepSource: '0', keepTarget: '0' }, '<@d1 >@d1 @y-i@d2'],
    // older than the common one: obsolete here, whatever the target has
    ['@d1 @d2 @d3', '@d2', { keepSource: '0' }, '<@d1 @d2-i@d3[<@d2]'],
    // nothing is thinned without a schedule
    ['@d1 @d2 @d3', '@d1', {}, '@d1-i@d2 @d2-i@d3'],
    // another target needs it
    [
      '@d1 @d2 @d3',
      '@d2',
      { keepSource: '0', isNeeded: ({ snapshot }) => snapshot === 'd1' },
      '@d2-i@d3[<@d2]',
    ],
    ['@d1 @d2', '@d1', { keepSource: '0', isNeeded: () => true }, '@d1-i@d2'],
    // what is not to be sent is not waited for
    [
      '@d1 @d2 @d3',
      '@d1',
      { keepSource: '0', keepTarget: '9', exclude: [/d2/] },
      '<@d2 @d1-i@d3[<@d1]',
    ],
    // a bookmark is not destroyed by the thinner
    ['#d1 @d2', '@d1', { keepSource: '0', keepTarget: '0' }, '#d1-i@d2[>@d1]'],
  ])
  t.end()
})

void t.test('a clock was set back: createtxg decides', (t) => {
  const both = (schedule: string): ReplicationOptions => ({
    keepSource: schedule,
    keepTarget: schedule,
  })
  check(t, [
    // taken last, whatever the time: sent, and the base of the next
    ['@d900 @d1', '@d900', both('0'), '@d900-i@d1[<@d900 >@d900]'],
    ['@d900 @d1', '@d900', both('1'), '@d900-i@d1[<@d900 >@d900]'],
    // of the future: kept on both sides
    ['@d2000 @d1', '@d2000', both('1'), '@d2000-i@d1'],
    ['@d2000 @d1', 'none', both('1'), '=@d2000 @d2000-i@d1'],
    ['@d2000 @d1 @d2 @d3', '@d2000 @d1', both('1'), '<@d2 @d1-i@d3[<@d1 >@d1]'],
    // the last two, and none of them before it is sent
    [
      '@d2000 @d2001 @d900 @d1 @d2',
      '@d2000 @d2001 @d900',
      both('2'),
      '@d900-i@d1[<@d900 >@d900] @d1-i@d2',
    ],
    // its block has one that was taken before
    ['@d19 @d12 @d30', '@d19', both(TENS), '<@d12 @d19-i@d30'],
  ])
  t.end()
})

void t.test('what the target is rolled back to', (t) => {
  const rollbackTo = (
    here: string,
    there: string,
    options: ReplicationOptions = {},
  ): string | undefined => planReplication(request(here, there, options)).rollbackTo?.snapshot
  const destroy = { onLoss: 'destroy' } as const
  t.equal(rollbackTo('@d1 @d2', '@d1'), 'd1')
  t.equal(rollbackTo('@d1 @d2', 'none'), undefined)
  t.equal(rollbackTo('@d1 @d2', ''), undefined)
  // a stream passes it: it stays, and so does what it is older than
  t.equal(rollbackTo('@d1 @d2', '@d1 @z'), 'z')
  // those that are destroyed before cannot be it
  t.equal(rollbackTo('@d1 @d2', '@d1 @z!', destroy), 'd1')
  t.equal(rollbackTo('@d1 @d2', '@d1 @y @z! @w', destroy), 'y')
  t.equal(rollbackTo('@d1 @d3', '@d1 @d2', { keepTarget: '0' }), 'd1')
  t.equal(rollbackTo('@d1 @d3', '@d1 @z @d2', { keepTarget: '0' }), 'z')
  t.end()
})

void t.test('what another target may need', (t) => {
  const needed = (here: string, there: string, options = {}): string =>
    planReplication(request(here, there, options))
      .needed.map(({ snapshot }) => snapshot)
      .join(' ')
  t.equal(needed('@d1 @d2 @d3', '@d1'), 'd1 d2 d3')
  t.equal(needed('@d1 @d2 @d3', '@d1', { keepTarget: '0' }), 'd1 d3')
  t.equal(needed('@d1 @d2', '@d2'), 'd2')
  t.equal(needed('#d1 @d2', '@d1'), 'd2')
  t.end()
})

void t.test('an interrupted receive', (t) => {
  const cases: readonly (readonly [
    here: string,
    there: string,
    options: ReplicationOptions,
    expected: 'resume' | RegExp,
  ])[] = [
    ['@d1 @d2', '@d1', { partial: partial('@d1-i@d2') }, 'resume'],
    ['@d1 @d2', '', { partial: partial('=@d1') }, 'resume'],
    ['@d1 @d2 @d3', '@d1', { partial: partial('@d1-i@d2') }, 'resume'],
    ['@d1 @d2', '@d1', { partial: partial('@d1-i@d2', true), raw: true }, 'resume'],
    ['@d1 @d2', '@d1', { partial: partial('@d1-i@d2'), raw: true }, /valid/],
    ['@d1 @d2', '@d1', { partial: partial('@d1-i@d2', true) }, /valid/],
    ['@d1 @d2', '@d1', { partial: 'unknown' }, /valid/],
    ['@d1 @d2', '@d1', { partial: partial('=@d2') }, /valid/],
    ['@d1 @d2', '@d1', { partial: partial('@d1-i@d9') }, /valid/],
    ['@d1 @d2 @d3', '@d1', { partial: partial('@d1-i@d3') }, /valid/],
    ['@d1', '@d1', { partial: partial('@d1-i@d2') }, /obsolete/],
    ['@d1', '@d1', { partial: 'unknown' }, /obsolete/],
    ['@d1 @d2 @d3', '@d1', { partial: partial('@d1-i@d2'), keepTarget: '0' }, /want/],
  ]
  for (const [here, there, options, expected] of cases) {
    const { partial } = planReplication(request(here, there, options))
    const what = `${here} -> ${there} ${JSON.stringify(options)}`
    if (expected === 'resume') t.equal(partial, 'resume', what)
    else t.match(partial, { drop: expected }, what)
  }
  t.end()
})
