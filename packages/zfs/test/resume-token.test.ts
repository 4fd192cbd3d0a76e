import t from 'tap'
import { abortReceive, checkToken, describeToken, resumeToken } from '../src/stream/resume-token.js'
import { fakeZfs } from './fake-zfs.js'

/** OpenZFS 2.3.2 */
const TOKEN = '1-bf9329a0a-e0-789c636064000310a501c49c50360710a715e5e7a69766a630404107eb'
const SAID = `resume token contents:
nvlist version: 0
	fromguid = 0xa0a37e035ee10588
	object = 0x3
	offset = 0x4a0000
	bytes = 0x4c3838
	toguid = 0x158f2f0f22d02fce
	toname = tank/with space@b
	embedok = 1
	compressok = 1
incremental	tank/with space@a	tank/with space@b	25081552
size	25081552
`

void t.test('what a token stands for', async (t) => {
  const command = `send -nvP -t ${TOKEN}`
  const { run } = fakeZfs({ [command]: SAID })
  t.strictSame(await describeToken(run, TOKEN), {
    toName: 'tank/with space@b',
    // 64 bits, more than a number has
    toGuid: '1553512138521194446',
    fromGuid: '11575234020214113672',
    received: 4995128,
    remaining: 25081552,
    flags: ['e', 'c'],
  })
  const full = SAID.replace(/^\tfromguid.*\n/m, '').replace(/^size.*\n/m, '')
  t.match(await describeToken(fakeZfs({ [command]: full }).run, TOKEN), {
    fromGuid: undefined,
    remaining: undefined,
  })
  for (const part of ['toguid', 'toname', 'bytes']) {
    const text = SAID.replace(part, 'other')
    await t.rejects(
      describeToken(fakeZfs({ [command]: text }).run, TOKEN),
      { code: 'zfs-failed', message: /^unexpected output of zfs for a resume token: / },
      part,
    )
  }
})

void t.test('a token that cannot be resumed', async (t) => {
  for (const stderr of [
    "cannot resume send: 'tank/a@b' used in the initial send no longer exists\n",
    'cannot resume send: resume token is corrupt (invalid format)\n',
  ]) {
    const { run } = fakeZfs({
      [`send -nvP -t ${TOKEN}`]: { stderr, code: 255 },
    })
    t.equal(await describeToken(run, TOKEN), undefined)
  }
  const { run } = fakeZfs({
    [`send -nvP -t ${TOKEN}`]: { stderr: "invalid option 't'\n", code: 2 },
  })
  await t.rejects(describeToken(run, TOKEN), { code: 'zfs-failed' })
})

void t.test('its form', async (t) => {
  t.doesNotThrow(() => {
    checkToken(TOKEN)
  })
  const { run, calls } = fakeZfs({})
  for (const token of ['', '-', '-R', '1-a-b', '1-a-b-c d', `${TOKEN}\n`]) {
    await t.rejects(describeToken(run, token), { code: 'zfs-failed' }, token)
  }
  t.strictSame(calls, [])
})

void t.test('of a dataset', async (t) => {
  const get = 'get -Hp -o property,value receive_resume_token tank/a'
  for (const [reply, token] of [
    [`receive_resume_token\t${TOKEN}\n`, TOKEN],
    ['receive_resume_token\t-\n', undefined],
    [
      {
        stderr: "bad property list: invalid property 'receive_resume_token'\n",
        code: 2,
      },
      undefined,
    ],
  ] as const) {
    const { run } = fakeZfs({ [get]: reply })
    t.equal(await resumeToken(run, 'tank/a'), token)
  }
})

void t.test('dropped', async (t) => {
  const { run, calls } = fakeZfs({ 'receive -A tank/a': '' })
  await abortReceive(run, 'tank/a')
  t.strictSame(calls, ['receive -A tank/a'])
})
