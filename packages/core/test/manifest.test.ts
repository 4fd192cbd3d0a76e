import t from 'tap'
import { formatManifest, manifestKey, parseManifest, type Manifest } from '../src/index.js'

const KEY = 'z3-backup/tank/data@a'
const MANIFEST: Manifest = {
  key: KEY,
  bytes: 7,
  etag: '"x"',
  nonce: 'n',
  sha256: 'ab'.repeat(32),
  crc32: 0xf,
  parts: [
    { bytes: 5, crc32: 1 },
    { bytes: 2, crc32: 0xffff_ffff },
  ],
  stream: {
    bytes: 9,
    fletcher4: Array(4).fill('0123456789abcdef').join(':'),
    toguid: '18446744073709551615',
    fromguid: undefined,
  },
  about: {},
}

void t.test('read back as it was written', (t) => {
  for (const manifest of [
    MANIFEST,
    { ...MANIFEST, stream: undefined },
    { ...MANIFEST, nonce: undefined },
    { ...MANIFEST, stream: MANIFEST.stream && { ...MANIFEST.stream, fromguid: '12' } },
  ]) {
    t.strictSame(parseManifest(formatManifest(manifest), KEY), { manifest })
  }
  const text = formatManifest({ ...MANIFEST, about: { host: 'h' } })
  t.match(JSON.parse(text), { version: 1, crc32: '0000000f', host: 'h' })
  t.end()
})

void t.test('its key is outside of every listing of snapshots', (t) => {
  t.equal(manifestKey('z3-backup/', 'tank/data@a'), 'z3-backup/.z3/tank/data@a.json')
  t.end()
})

void t.test('nothing is believed that does not have its form', (t) => {
  const good = JSON.parse(formatManifest(MANIFEST)) as Record<string, unknown>
  const stream = good['stream'] as Record<string, unknown>
  for (const [changes, problem] of [
    [{ version: 2 }, /^has version 2, written by a newer z3$/],
    [{ version: '1' }, /^is damaged: version$/],
    [{ key: 'z3-backup/tank/data@b' }, /^belongs to another object$/],
    [{ bytes: -1 }, /^is damaged: bytes, parts$/],
    [{ bytes: 8 }, /^is damaged: parts$/],
    [{ bytes: 1e300 }, /bytes/],
    [{ etag: 1 }, /etag/],
    [{ nonce: {} }, /nonce/],
    [{ sha256: 'AB'.repeat(32) }, /sha256/],
    [{ sha256: undefined }, /sha256/],
    [{ crc32: 15 }, /crc32/],
    [{ part_bytes: [7] }, /parts/],
    [{ part_crc32: ['1', '2'] }, /parts/],
    [{ part_bytes: Array(10_001).fill(0), part_crc32: Array(10_001).fill('00000000') }, /parts/],
    [{ part_bytes: { length: 2 } }, /parts/],
    [{ stream: [] }, /stream/],
    [{ stream: { ...stream, toguid: 12 } }, /stream/],
    [{ stream: { ...stream, fromguid: '012' } }, /stream/],
    [{ stream: { ...stream, fletcher4: 'x' } }, /stream/],
  ] as const) {
    const found = parseManifest(JSON.stringify({ ...good, ...changes }), KEY)
    t.match('problem' in found && found.problem, problem, JSON.stringify(changes).slice(0, 60))
  }
  for (const text of ['', 'null', '[]', '7', '{', formatManifest(MANIFEST).slice(0, -9)]) {
    t.match(parseManifest(text, KEY), { problem: /damaged/ }, text.slice(0, 20))
  }
  t.match(parseManifest(' '.repeat(4 * 1024 * 1024 + 1), KEY), { problem: 'is too large' })
  t.end()
})
