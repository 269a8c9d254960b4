/**
 * Copies bytes to `at` in `to`.
 *
 * `TypedArray.set` does the same; where the memory is one that threads share, it goes word by word, for the sake of who looks on, and takes
 * up to seven times as long.
 */
export const copyBytes = ({ buffer, byteLength, byteOffset }: Uint8Array, to: Buffer, at: number): void => {
  Buffer.from(buffer, byteOffset, byteLength).copy(to, at)
}
