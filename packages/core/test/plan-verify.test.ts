import t from 'tap'
import { findRestorable, isAtLeast, planVerify, readStored } from '../src/index.js'

void t.test('never verified first, then the least recently', (t) => {
  const times: Readonly<Record<string, number>> = { a: 30, c: 10, e: 20 }
  const all = ['a', 'b', 'c', 'd', 'e']
  const plan = (share?: number): string => planVerify(all, (name) => times[name], share).join('')
  t.equal(plan(), 'bdcea')
  t.equal(plan(0.4), 'bd')
  t.equal(plan(0.01), 'b', 'at least one')
  const before = (time: number, share?: number): string =>
    planVerify(all, (name) => times[name], share, time).join('')
  t.equal(before(20), 'bdc', 'only what was not verified since')
  t.equal(before(-1, 0.8), 'bd')
  t.strictSame(
    planVerify([], () => 1),
    [],
  )
  t.end()
})

void t.test('levels', (t) => {
  t.ok(isAtLeast('stream', 'data'))
  t.ok(isAtLeast('data', 'data'))
  t.notOk(isAtLeast('head', 'data'))
  t.end()
})

void t.test('what can still be restored', (t) => {
  const read = (name: string, metadata: Readonly<Record<string, string>>) =>
    readStored({ key: `p/t@${name}`, size: 1, metadata }, 't', name)
  const stored = [
    read('a', { isfull: 'true', guid: '1' }),
    read('b', { parent: 't@a', guid: '2' }),
    read('c', { parent: 't@b', guid: '3' }),
    read('b.full', { isfull: 'true', guid: '2', snapshot: 'b' }),
    read('d', { parent: 't@none' }),
    read('e', { parent: 't@e' }),
  ]
  const bad = (...names: readonly string[]) =>
    findRestorable(stored, ({ snapshot }) => names.includes(snapshot))
  t.strictSame(bad(), { restorable: ['a', 'b', 'c'], lost: ['d', 'e'] })
  t.strictSame(bad('b'), { restorable: ['a', 'b'], lost: ['c', 'd', 'e'] }, 'the twin is whole')
  t.strictSame(bad('a'), { restorable: ['b'], lost: ['a', 'c', 'd', 'e'] })
  t.strictSame(bad('a', 'b.full').restorable, [])
  t.end()
})
