import { Z3Error, type SendFlag } from '@z3/core'
import t from 'tap'
import {
  canKeepPartial,
  describeLeftOut,
  fitSendFlags,
  poolFeatures,
  type Host,
  type Run,
} from '../src/index.js'

const hostOf = (zpool: Run): Host => {
  const never = () => Promise.reject(new Error('not expected'))
  return {
    title: 'nas',
    ssh: undefined,
    user: 'root',
    restricted: false,
    run: never,
    zpool,
    stages: (commands) => commands,
    shown: (commands) => commands,
    hasProgram: never,
    lost: never,
    close: never,
  }
}

const ALL = ['large_blocks', 'embedded_data', 'lz4_compress', 'zstd_compress', 'extensible_dataset']

/** Features, those in use with a `+` behind them. */
const features = (names: readonly string[]) =>
  new Map(
    names.map((name) => [
      name.replace('+', ''),
      name.endsWith('+') ? ('active' as const) : ('enabled' as const),
    ]),
  )

void t.test('what zpool says', async (t) => {
  const asked: string[] = []
  const answers: Readonly<Record<string, string>> = {
    new: 'size\t100\nversion\t-\nfeature@large_blocks\tenabled\nfeature@lz4_compress\tactive\nfeature@embedded_data\tdisabled\n',
    legacy: 'size\t100\nversion\t28\n',
    odd: '',
  }
  const host = hostOf((args) => {
    asked.push(args.join(' '))
    const answer = answers[args.at(-1) ?? '']
    return answer === undefined
      ? Promise.reject(new Z3Error('zfs-failed', 'no'))
      : Promise.resolve(answer)
  })
  const of = async (dataset: string) => {
    const found = await poolFeatures(host, dataset)
    return found && Object.fromEntries(found)
  }
  const known = { large_blocks: 'enabled', lz4_compress: 'active' }
  t.strictSame(await of('new/a'), known)
  t.strictSame(await of('new/b/c'), known)
  t.strictSame(asked, ['get -Hp -o property,value all new'], 'once')
  t.strictSame(await of('legacy'), {})
  t.equal(await of('odd'), undefined)
  t.equal(await of('none'), undefined)
  t.equal(await canKeepPartial(host, 'new/a'), false)
  t.equal(await canKeepPartial(host, 'none'), true, 'not known')
})

void t.test('flags that both pools can take', (t) => {
  const cases: readonly (readonly [
    flags: readonly SendFlag[],
    source: readonly string[] | undefined,
    target: readonly string[] | undefined,
    kept: string,
    left: string,
  ])[] = [
    [['w', 'L', 'e', 'c'], ALL, ALL, 'wLec', ''],
    [['w', 'L', 'e', 'c'], ALL, undefined, 'wLec', ''],
    [['L', 'e'], ALL, [], '', 'L large_blocks, e embedded_data'],
    [['L', 'e'], undefined, [], '', 'L large_blocks, e embedded_data'],
    [['L', 'e'], ALL, ['large_blocks'], 'L', 'e embedded_data'],
    [['L', 'e'], ALL, ['large_blocks', 'embedded_data'], 'Le', ''],
    // with what the source has compressed by
    [['e'], ['lz4_compress+'], ['embedded_data'], '', 'e lz4_compress'],
    [['e'], undefined, ['embedded_data'], '', 'e lz4_compress'],
    [['c'], ['lz4_compress'], [], 'c', ''],
    [['c'], ['zstd_compress+'], ['lz4_compress'], '', 'c zstd_compress'],
    [['w'], ALL, [], 'w', ''],
  ]
  for (const [flags, source, target, kept, left] of cases) {
    const fit = fitSendFlags(flags, source && features(source), target && features(target))
    t.equal(fit.flags.join(''), kept)
    t.equal(fit.left.map(({ flag, feature }) => `${flag} ${feature}`).join(', '), left)
  }
  t.match(
    describeLeftOut(fitSendFlags(['L', 'e'], undefined, new Map()).left, 'a/b'),
    /^omitting -L -e of zfs send: the pool of a\/b .* large_blocks, embedded_data \(/,
  )
  t.end()
})
