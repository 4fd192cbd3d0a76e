// Fletcher-4, the checksum of ZFS send streams (OpenZFS module/zcommon/zfs_fletcher.c), in AssemblyScript with SIMD.
// Four interleaved sums, one for each word of 16 bytes, are combined at the end, as zfs_fletcher_superscalar4.c does.
// The running sums a, b, c, d are four 64-bit words at STATE.

/** Where the running sums are, in bytes from the start of the memory. */
const STATE: usize = 0

/** Add words that are little-endian. `length` is a multiple of 4. */
export function update(at: usize, length: usize): void {
  add(at, length, false)
}

/** Add words that are big-endian. `length` is a multiple of 4. */
export function updateSwapped(at: usize, length: usize): void {
  add(at, length, true)
}

/** Inlined, so that `swapped` is a constant in each. */
// @ts-ignore: decorator
@inline
function add(at: usize, length: usize, swapped: bool): void {
  const blocks = length & ~15
  let a0 = i64x2.splat(0)
  let b0 = i64x2.splat(0)
  let c0 = i64x2.splat(0)
  let d0 = i64x2.splat(0)
  let a1 = i64x2.splat(0)
  let b1 = i64x2.splat(0)
  let c1 = i64x2.splat(0)
  let d1 = i64x2.splat(0)
  for (let p = at, end = at + blocks; p < end; p += 16) {
    let words = v128.load(p)
    // prettier-ignore
    if (swapped) words = v128.shuffle<u8>(words, words, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)
    a0 = i64x2.add(a0, i64x2.extend_low_i32x4_u(words))
    a1 = i64x2.add(a1, i64x2.extend_high_i32x4_u(words))
    b0 = i64x2.add(b0, a0)
    b1 = i64x2.add(b1, a1)
    c0 = i64x2.add(c0, b0)
    c1 = i64x2.add(c1, b1)
    d0 = i64x2.add(d0, c0)
    d1 = i64x2.add(d1, c1)
  }
  combine(blocks >> 2, a0, a1, b0, b1, c0, c1, d0, d1)
  for (let p = at + blocks, end = at + length; p < end; p += 4) {
    const word = load<u32>(p)
    addWord(<u64>(swapped ? bswap<u32>(word) : word))
  }
}

// @ts-ignore: decorator
@inline
function addWord(word: u64): void {
  const a = load<u64>(STATE) + word
  const b = load<u64>(STATE, 8) + a
  const c = load<u64>(STATE, 16) + b
  store<u64>(STATE, a)
  store<u64>(STATE, b, 8)
  store<u64>(STATE, c, 16)
  store<u64>(STATE, load<u64>(STATE, 24) + c, 24)
}

/** Add the sums of n words, in four interleaved lanes that began at zero, to the running sums. */
// @ts-ignore: decorator
@inline
// prettier-ignore
function combine(n: u64, va0: v128, va1: v128, vb0: v128, vb1: v128, vc0: v128, vc1: v128, vd0: v128, vd1: v128): void {
  const a0 = i64x2.extract_lane(va0, 0)
  const a1 = i64x2.extract_lane(va0, 1)
  const a2 = i64x2.extract_lane(va1, 0)
  const a3 = i64x2.extract_lane(va1, 1)
  const b0 = i64x2.extract_lane(vb0, 0)
  const b1 = i64x2.extract_lane(vb0, 1)
  const b2 = i64x2.extract_lane(vb1, 0)
  const b3 = i64x2.extract_lane(vb1, 1)
  const c0 = i64x2.extract_lane(vc0, 0)
  const c1 = i64x2.extract_lane(vc0, 1)
  const c2 = i64x2.extract_lane(vc1, 0)
  const c3 = i64x2.extract_lane(vc1, 1)
  const d0 = i64x2.extract_lane(vd0, 0)
  const d1 = i64x2.extract_lane(vd0, 1)
  const d2 = i64x2.extract_lane(vd1, 0)
  const d3 = i64x2.extract_lane(vd1, 1)
  const a = <u64>(a0 + a1 + a2 + a3)
  const b = <u64>(4 * (b0 + b1 + b2 + b3) - a1 - 2 * a2 - 3 * a3)
  const c = <u64>(
    16 * (c0 + c1 + c2 + c3) - 6 * b0 - 10 * b1 - 14 * b2 - 18 * b3 + a2 + 3 * a3
  )
  const d = <u64>(
    64 * (d0 + d1 + d2 + d3) -
    48 * c0 - 64 * c1 - 80 * c2 - 96 * c3 +
    4 * b0 + 10 * b1 + 20 * b2 + 34 * b3 -
    a3
  )
  const A = load<u64>(STATE)
  const B = load<u64>(STATE, 8)
  const C = load<u64>(STATE, 16)
  const D = load<u64>(STATE, 24)
  // n(n+1)/2 and n(n+1)(n+2)/6: n is at most 2^30, and the quotients are exact before anything overflows
  const n2 = (n * (n + 1)) / 2
  const n3 = tetrahedral(n)
  store<u64>(STATE, A + a)
  store<u64>(STATE, B + n * A + b, 8)
  store<u64>(STATE, C + n * B + n2 * A + c, 16)
  store<u64>(STATE, D + n * C + n2 * B + n3 * A + d, 24)
}

/** n(n+1)(n+2)/6 modulo 2^64, of n up to 2^30: divided before it is multiplied. */
// @ts-ignore: decorator
@inline
function tetrahedral(n: u64): u64 {
  const pair = (n * (n + 1)) / 2
  const third = n + 2
  return pair % 3 == 0 ? (pair / 3) * third : pair * (third / 3)
}
