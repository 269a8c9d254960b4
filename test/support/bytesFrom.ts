/**
 * Bytes that differ from place to place and from seed to seed, always the same for the same seed.
 */
export const bytesFrom = (size: number, seed = 1): Buffer => {
  const bytes = Buffer.allocUnsafe(size)
  let state = seed * 2_654_435_761
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    bytes[at] = state >>> 24
  }
  return bytes
}
