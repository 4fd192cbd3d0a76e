import t from 'tap'
import { checkReceiveOptions, parseReceiveOptions } from '../src/stream/receive.js'

void t.test('read as getopt does', (t) => {
  t.strictSame(parseReceiveOptions(['-us', '-ocompression=lz4', '-x', '-u', '-vo', 'a=-n']), [
    { letter: 'u', value: undefined },
    { letter: 's', value: undefined },
    { letter: 'o', value: 'compression=lz4' },
    // a value may look like an option
    { letter: 'x', value: '-u' },
    { letter: 'v', value: undefined },
    { letter: 'o', value: 'a=-n' },
  ])
  t.strictSame(parseReceiveOptions(['tank/a', '--', '-', '', '-o']), [
    { letter: '', value: 'tank/a' },
    { letter: '', value: '--' },
    { letter: '', value: '-' },
    { letter: '', value: '' },
    { letter: 'o', value: undefined },
  ])
  t.end()
})

void t.test('passed on', (t) => {
  for (const words of [
    [],
    ['-u'],
    ['-uhMvs'],
    ['-o', 'compression=lz4', '-x', 'mountpoint'],
    ['-ocompression=lz4', '-xmountpoint'],
    ['-uo', 'compression=lz4'],
    ['-o', 'z3:note=any thing = goes, -n too'],
    ['-o', 'z3:empty='],
    ['-o', 'origin=tank/with space@one'],
    // n is a letter of the value here
    ['-xdnodesize'],
  ]) {
    t.doesNotThrow(() => {
      checkReceiveOptions(words)
    }, words.join(' '))
  }
  t.end()
})

void t.test('refused', (t) => {
  const cases: readonly [words: readonly string[], message: RegExp][] = [
    [['-n'], /^receive option "-n" is not allowed: it receives nothing$/],
    [['-un'], /"-n" is not allowed/],
    [['-nu'], /"-n" is not allowed/],
    [['-vd'], /"-d" is not allowed: it changes the destination/],
    [['-e'], /"-e" is not allowed: it changes the destination/],
    [['-A'], /"-A" is not allowed: it aborts/],
    [['-c'], /"-c" is not allowed: it repairs/],
    [['-F'], /"-F" is not allowed: it rolls the dataset back/],
    [['-t', 'token'], /"-t" is not allowed: unknown option/],
    [['--force'], /^receive option "--force" is not an option$/],
    [['-u--force'], /"--" is not allowed: unknown option/],
    [['-\u001b'], /"-\\u001b" is not allowed/],
    [['tank/other'], /^receive option "tank\/other" is not an option$/],
    [['-u', 'tank/other'], /"tank\/other" is not an option/],
    [['-o', 'a=b', 'tank/other'], /"tank\/other" is not an option/],
    [['--'], /"--" is not an option/],
    [['-'], /"-" is not an option/],
    [[''], /"" is not an option/],
    // it would take the name of the dataset for its value
    [['-o'], /^receive option -o needs property=value, not nothing$/],
    [['-ux'], /^receive option -x needs a property name, not nothing$/],
    [['-o', '-u'], /-o needs property=value, not "-u"/],
    [['-o', 'compression'], /-o needs property=value, not "compression"/],
    [['-o', '=lz4'], /-o needs property=value, not "=lz4"/],
    [['-o compression=lz4'], /-o needs property=value, not " compression=lz4"/],
    [['-o', 'a=b\nc'], /-o needs property=value, not "a=b\\nc"/],
    [['-x', 'a=b'], /-x needs a property name, not "a=b"/],
    [['-x', ''], /-x needs a property name, not ""/],
  ]
  for (const [words, message] of cases) {
    t.throws(
      () => {
        checkReceiveOptions(words)
      },
      { code: 'usage', message },
      words.join(' '),
    )
  }
  t.end()
})
