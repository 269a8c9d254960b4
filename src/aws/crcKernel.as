/**
 * The loop of a CRC, of up to 64 bits, in AssemblyScript: sixteen bytes at a time.
 *
 * `npm run wasm` makes `crcKernel.wasm.ts` of it; a test holds the two together. All memory is laid out by `CrcKernel.ts`. `Crc.ts` says the same
 * in JavaScript, which has no integers of 64 bits that are fast.
 */

/** Takes in the bytes from `from` to `end`. `state` is the CRC so far, `tables` what each byte leaves, with up to fifteen bytes behind it. */
export function advance(from: usize, end: usize, tables: usize, state: usize): usize {
  let crc = load<u64>(state);
  let at = from;
  for (; at + 16 <= end; at += 16) {
    crc = leftOfEight(tables, 8, crc ^ load<u64>(at)) ^ leftOfEight(tables, 0, load<u64>(at, 8));
  }
  for (; at < end; at++) crc = (crc >> 8) ^ left(tables, 0, crc ^ <u64>load<u8>(at));
  store<u64>(state, crc);
  return at;
}

/** What eight bytes leave with so many bytes behind them. */
// @ts-ignore: decorator
@inline
function leftOfEight(tables: usize, behind: usize, bytes: u64): u64 {
  return (
    left(tables, behind + 7, bytes) ^
    left(tables, behind + 6, bytes >> 8) ^
    left(tables, behind + 5, bytes >> 16) ^
    left(tables, behind + 4, bytes >> 24) ^
    left(tables, behind + 3, bytes >> 32) ^
    left(tables, behind + 2, bytes >> 40) ^
    left(tables, behind + 1, bytes >> 48) ^
    left(tables, behind, bytes >> 56)
  );
}

/** What the lowest byte of `bits` leaves with so many bytes behind it. */
// @ts-ignore: decorator
@inline
function left(tables: usize, behind: usize, bits: u64): u64 {
  return load<u64>(tables + (behind << 11) + ((<usize>bits & 0xff) << 3));
}
