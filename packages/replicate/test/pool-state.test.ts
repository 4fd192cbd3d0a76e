import type { Host, Run } from '@z3/zfs'
import t from 'tap'
import { attempt, PoolEndpoint, readPartial } from '../src/index.js'

const TOKEN = 'receive_resume_token'

/** @param rows of `zfs list`: undefined, where there is no such dataset */
const open = (rows: string, token: string) => {
  const commands: string[] = []
  const run: Run = (args) => {
    commands.push(args.join(' '))
    if (args[0] === 'list') return Promise.resolve(rows)
    if (args[0] === 'get') return Promise.resolve(`written\t5\n${TOKEN}\t${token}\n`)
    if (args[0] === 'send') {
      return Promise.resolve('\ttoguid = 0xff\n\ttoname = tank/a@c\n\tbytes = 0x10\n')
    }
    return Promise.resolve('')
  }
  return { pool: new PoolEndpoint({ run } as Host), commands }
}

const received = { dataset: 'tank/a', snapshot: 'c', guid: '255', created: 3, createtxg: '30' }
const properties = ['written', TOKEN]

void t.test('what a dataset is known to be after a receive, without a second look', async (t) => {
  const { pool, commands } = open('tank/a@b\t7\t1\t100\t10\n', '1-a-b-c')
  await pool.readDataset('tank/a', { properties })
  const asked = commands.length
  t.strictSame(pool.find('tank/a')?.properties, { written: '5', [TOKEN]: '1-a-b-c' })
  pool.addSnapshot({ ...received, referenced: 0 })
  const known = pool.find('tank/a')
  t.strictSame(
    known?.snapshots.map(({ snapshot }) => snapshot),
    ['b', 'c'],
  )
  t.strictSame(known?.properties, { written: '0' })
  t.equal(commands.length, asked)
})

void t.test('what an interrupted receive has left', async (t) => {
  const { pool, commands } = open('tank/a@b\t7\t1\t100\t10\n', '1-a-b-c')
  const there = await pool.readDataset('tank/a', { properties })
  t.match(await readPartial(pool, there), { token: '1-a-b-c', stream: { toGuid: '255' } })
  await pool.abortReceive('tank/a')
  t.equal(commands.at(-1), 'receive -A tank/a')
  t.equal(await readPartial(pool, pool.find('tank/a')), undefined)
  t.equal(pool.find('tank/a')?.snapshots.length, 1)
})

void t.test('the dataset of a first receive goes with what it has left', async (t) => {
  const { pool } = open('', '1-a-b-c')
  await pool.readDataset('tank/a', { properties })
  await pool.abortReceive('tank/a')
  t.equal(pool.find('tank/a'), undefined)
})

void t.test('what was done is known where the rest fails', async (t) => {
  const failure = new Error('cut')
  const outcome = await attempt(({ received: names }) => {
    names.push('tank/a@c')
    return Promise.reject(failure)
  })
  t.strictSame(outcome, { received: ['tank/a@c'], destroyed: [], errors: [], failure })
})
