import type { Command } from '@z3/core'
import { chooseLine } from '@z3/replicate'
import {
  abortReceive,
  createBookmark,
  createParents,
  describeToken,
  destroyBookmark,
  diffLines,
  estimateSend,
  getProperties,
  hasOption,
  hold,
  listBookmarks,
  listBelow,
  listHeld,
  listHolds,
  listSnapshots,
  receiveCommand,
  release,
  resumeCommand,
  resumeToken,
  rollback,
  sendCommand,
  type Host,
  type Run,
} from '@z3/zfs'
import t from 'tap'
// what ssh is given; it is no part of what the package exports
import { remoteWord } from '../../../zfs/src/ssh/remote-word.js'
import { commandsFor } from './setup.js'

const dataset = 'tank/backup/with space'
const snapshot = { dataset, snapshot: '2026-01-01 12:00' }
const bookmark = { dataset, bookmark: 'z3-sync-0123abcd-17' }
const token = '1-c740b4779-a8-789c636064'

/** Every zfs command of the library, but for those that no sync runs. */
const commands = async (): Promise<readonly (readonly Command[])[]> => {
  const found: Command[][] = []
  const run: Run = (args) => {
    found.push([{ file: 'zfs', args }])
    return Promise.resolve('')
  }
  for (const attempt of [
    () => listSnapshots(run, dataset),
    () => listHeld(run, dataset),
    () => listBookmarks(run, dataset),
    () => listBelow(run, dataset, 1),
    () => listBelow(run, dataset),
    () => getProperties(run, dataset, [...['written', 'receive_resume_token', 'z3:send-flags']]),
    () => resumeToken(run, dataset),
    () => describeToken(run, token),
    () => abortReceive(run, dataset),
    () => createBookmark(run, snapshot, bookmark.bookmark),
    () => destroyBookmark(run, bookmark),
    () => hold(run, 'z3-sync-0123abcd', snapshot),
    () => release(run, 'z3-sync-0123abcd', snapshot),
    () => listHolds(run, Array<typeof snapshot>(400).fill(snapshot)),
    () => rollback(run, snapshot, true),
    () => rollback(run, snapshot, false),
    () => diffLines(run, snapshot, 5),
    () => createParents(run, `${dataset}/a/b`),
    () => estimateSend(run, { snapshot, flags: ['w', 'L', 'e', 'c'] }),
    () => hasOption(run, 'send', 'L'),
    () => hasOption(run, 'receive', 's'),
    () => hasOption(run, 'receive', 'o'),
    () => hasOption(run, 'receive', 'x'),
  ]) {
    const before = found.length
    // an answer that is empty is none that they take
    await attempt().catch(() => undefined)
    t.ok(found.length > before, attempt.toString())
  }
  const base = { dataset, snapshot: 'before' }
  const flags = ['L', 'c'] as const
  const sends = [
    sendCommand({ snapshot, flags }),
    sendCommand({ snapshot, base, flags }),
    sendCommand({ snapshot, base, between: true, flags }),
    sendCommand({ snapshot, base: bookmark, flags }),
    resumeCommand(token),
  ]
  const options = ['-o', 'z3:send-flags=Lc', '-o', 'readonly=on', '-x', 'quota']
  const receives = [
    receiveCommand({ name: { dataset }, unmounted: true, resumable: true }),
    receiveCommand({ name: snapshot, force: true, options }),
  ]
  // on both sides of a line
  const host = {
    title: 'nas',
    target: { host: 'nas' },
    zpool: () => Promise.resolve(''),
    restricted: false,
    hasProgram: () => Promise.resolve(true),
  } as unknown as Host
  const filters = await Promise.all(
    ['zstd', 'lz4', 'pigz', 'none'].map((compress) =>
      chooseLine(
        { compress, buffer: { memory: 200 * 1024 ** 2, at: 'target-if-installed' } },
        { source: host, target: host, here: host },
      ),
    ),
  )
  return [
    ...found,
    ...sends.flatMap((send) => [[send], ...filters.map(({ outgoing }) => [send, ...outgoing])]),
    ...receives.flatMap((receive) => [
      [receive],
      ...filters.map(({ incoming }) => [...incoming, receive]),
    ]),
  ]
}

/** Options each by itself, as `serve` writes them. */
const apart = (words: readonly string[]): readonly string[] =>
  words.flatMap((word) =>
    /^-[A-Za-z]{2,}$/.test(word) ? Array.from(word.slice(1), (letter) => `-${letter}`) : [word],
  )

void t.test('what a sync sends is what is run', async (t) => {
  const all = await commands()
  for (const pipeline of all) {
    const shell = { path: undefined, pipefail: 'sh', sudo: false }
    const text = remoteWord(pipeline, { ...shell, restricted: true })
    const wanted = pipeline.map(({ file, args }) =>
      file === 'zfs' ? [file, ...apart(args)] : [file, ...args],
    )
    t.strictSame(commandsFor(text), wanted, text.slice(0, 100))
    if (pipeline.length > 1) continue
    const plain = remoteWord(pipeline, {
      ...shell,
      path: '/bin:/my sbin',
      restricted: false,
    })
    t.match(plain, /^env LC_ALL=C /)
    t.strictSame(commandsFor(plain), wanted)
    const sudo = remoteWord(pipeline, {
      ...shell,
      sudo: true,
      restricted: true,
    })
    t.match(sudo, /^sudo -n zfs /)
    t.strictSame(commandsFor(sudo, { sudo: true })[0]?.slice(0, 4), [
      'sudo',
      '-n',
      ...(wanted[0]?.slice(0, 2) ?? []),
    ])
  }
})
