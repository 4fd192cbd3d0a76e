/** One bit that is wrong, or an end too early. */
export type Damage =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'cut'; readonly at: number }

export const flips = (below: (bound: number) => number, size: number, count: number): Damage[] =>
  Array.from({ length: count }, () => ({ kind: 'flip', at: below(size), bit: below(8) }))

export const cuts = (below: (bound: number) => number, size: number, count: number): Damage[] =>
  Array.from({ length: count }, () => ({ kind: 'cut', at: below(size) }))

/** Damage a stream for as long as a function looks at it. */
export const damaged = <T>(stream: Buffer, damage: Damage, look: (stream: Buffer) => T): T => {
  if (damage.kind === 'cut') return look(stream.subarray(0, damage.at))
  const { at, bit } = damage
  const byte = stream.readUInt8(at)
  stream.writeUInt8(byte ^ (1 << bit), at)
  try {
    return look(stream)
  } finally {
    stream.writeUInt8(byte, at)
  }
}
