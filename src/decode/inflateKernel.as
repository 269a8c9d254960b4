/**
 * DEFLATE for what is small, where zlib takes longer to begin than to decompress, in AssemblyScript.
 *
 * `npm run wasm` makes `inflateKernel.wasm.ts` of it; a test holds the two together. All memory is laid out by `InflateKernel.ts`. Up to
 * sixteen bytes behind the input are read, and what they are makes no difference.
 *
 * Source: RFC 1951.
 */

/** What decides of a code that is at most so long is found at once. */
const LITERAL_BITS: u32 = 9;
const DISTANCE_BITS: u32 = 7;

const MAX_CODE_BITS: u32 = 15;
/** Bits that one symbol takes, with its distance and what belongs to them: 15 + 5 + 15 + 13. */
const MAX_TAKEN: u32 = 48;

const LITERALS: u32 = 286;
const DISTANCES: u32 = 30;
const END: u32 = 256;

/** How often each length of code is there, the symbols in the order of their codes, and the symbol and length of each short code. */
const LITERAL_COUNTS = memory.data(2 * 16);
const LITERAL_SYMBOLS = memory.data(2 * 288);
const LITERAL_TABLE = memory.data(2 << LITERAL_BITS);
const DISTANCE_COUNTS = memory.data(2 * 16);
const DISTANCE_SYMBOLS = memory.data(2 * 32);
const DISTANCE_TABLE = memory.data(2 << DISTANCE_BITS);

/** Length of the code of each literal, and behind them of each distance. */
const LENGTHS = memory.data(320 + 16);

const LENGTH_BASES = memory.data<u16>([
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258
]);
const LENGTH_EXTRAS = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0
]);
const DISTANCE_BASES = memory.data<u16>([
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193,
  12289, 16385, 24577
]);
const DISTANCE_EXTRAS = memory.data<u8>([
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13
]);
/** The order in which the lengths of the codes for lengths come. */
const LENGTH_ORDER = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);

/** Where the next bytes are, and the bits of those before that were not taken yet: as many as `held`, the next one lowest. */
let at: usize = 0;
let bits: u64 = 0;
let held: u32 = 0;

/**
 * Decompresses what stands at `[input, inputEnd)`, and answers how many bytes it came to. Nothing, which is -1, if it is damaged, does not
 * end there, or comes to more than there is room for up to `outputEnd`.
 */
export function inflate(input: usize, inputEnd: usize, output: usize, outputEnd: usize): i32 {
  at = input;
  bits = 0;
  held = 0;
  let to = output;
  for (let isLast = false; !isLast;) {
    refill();
    if (at > inputEnd + 8) return -1;
    isLast = take(1) == 1;
    const kind = take(2);
    if (kind == 0) {
      to = stored(inputEnd, to, outputEnd);
    } else if (kind == 3 || !(kind == 1 ? fixedCodes() : dynamicCodes(inputEnd))) {
      return -1;
    } else {
      to = compressed(inputEnd, output, to, outputEnd);
    }
    if (to == 0) return -1;
  }
  return at - (held >> 3) == inputEnd ? <i32>(to - output) : -1;
}

/** Holds 56 bits at least. */
// @ts-ignore: decorator
@inline
function refill(): void {
  bits |= load<u64>(at) << held;
  at += (63 - held) >> 3;
  held |= 56;
}

// @ts-ignore: decorator
@inline
function take(count: u32): u32 {
  const value = <u32>bits & ((1 << count) - 1);
  bits >>= count;
  held -= count;
  return value;
}

/** A block that is not compressed. Answers where the output ends; 0 if it is damaged. */
function stored(inputEnd: usize, to: usize, outputEnd: usize): usize {
  // What is held of whole bytes is given back.
  at -= held >> 3;
  bits = 0;
  held = 0;
  if (at + 4 > inputEnd) return 0;
  const length = <usize>load<u16>(at);
  if (length != <usize>(load<u16>(at, 2) ^ 0xffff)) return 0;
  at += 4;
  if (at + length > inputEnd || to + length > outputEnd) return 0;
  memory.copy(to, at, length);
  at += length;
  return to + length;
}

/** The same of one that is, by the codes that are in the tables. What is held is in locals meanwhile, which are registers. */
function compressed(inputEnd: usize, output: usize, from: usize, outputEnd: usize): usize {
  let to = from;
  let next = at;
  let rest = bits;
  let left = held;
  for (;;) {
    if (left < MAX_TAKEN) {
      rest |= load<u64>(next) << left;
      next += (63 - left) >> 3;
      left |= 56;
      if (next > inputEnd + 8) break;
    }

    let entry = <u32>load<u16>(LITERAL_TABLE + ((<usize>rest & ((1 << LITERAL_BITS) - 1)) << 1));
    if (entry == 0) entry = longCode(rest, LITERAL_COUNTS, LITERAL_SYMBOLS);
    rest >>= entry & 15;
    left -= entry & 15;
    const symbol = entry >> 4;
    if (symbol < END) {
      if (to == outputEnd) break;
      store<u8>(to++, <u8>symbol);
      continue;
    }
    if (symbol == END) {
      at = next;
      bits = rest;
      held = left;
      return to;
    }
    if (symbol >= LITERALS) break;
    const lengthExtra = <u32>load<u8>(LENGTH_EXTRAS + symbol - END - 1);
    const length = <usize>load<u16>(LENGTH_BASES + ((symbol - END - 1) << 1)) + (<usize>rest & ((1 << lengthExtra) - 1));
    rest >>= lengthExtra;
    left -= lengthExtra;

    let code = <u32>load<u16>(DISTANCE_TABLE + ((<usize>rest & ((1 << DISTANCE_BITS) - 1)) << 1));
    if (code == 0) code = longCode(rest, DISTANCE_COUNTS, DISTANCE_SYMBOLS);
    rest >>= code & 15;
    left -= code & 15;
    code >>= 4;
    if (code >= DISTANCES) break;
    const distanceExtra = <u32>load<u8>(DISTANCE_EXTRAS + code);
    const distance = <usize>load<u16>(DISTANCE_BASES + (code << 1)) + (<usize>rest & ((1 << distanceExtra) - 1));
    rest >>= distanceExtra;
    left -= distanceExtra;

    if (distance > to - output || length > outputEnd - to) break;
    const end = to + length;
    if (distance >= 16) {
      for (; to < end; to += 16) v128.store(to, v128.load(to - distance));
      to = end;
    } else {
      // What was just written is read again.
      for (; to < end; to++) store<u8>(to, load<u8>(to - distance));
    }
  }
  return 0;
}

/** The symbol and length of the code that is next in `rest`, a bit at a time, as the tables have them of shorter ones; or what is no symbol. */
function longCode(rest: u64, counts: usize, symbols: usize): u32 {
  let code: u32 = 0;
  let first: u32 = 0;
  let index: u32 = 0;
  for (let length: u32 = 1; length <= MAX_CODE_BITS; length++) {
    code |= <u32>(rest >> (length - 1)) & 1;
    const count = <u32>load<u16>(counts + (length << 1));
    if (code - first < count) return (<u32>load<u16>(symbols + ((index + code - first) << 1)) << 4) | length;
    index += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  return 0xffff << 4;
}

function fixedCodes(): bool {
  fill(LENGTHS, 8, 144);
  fill(LENGTHS + 144, 9, 112);
  fill(LENGTHS + 256, 7, 24);
  fill(LENGTHS + 280, 8, 8);
  const hasLiterals = build(LENGTHS, 288, LITERAL_TABLE, LITERAL_BITS, LITERAL_COUNTS, LITERAL_SYMBOLS);
  fill(LENGTHS, 5, 32);
  return hasLiterals && build(LENGTHS, 32, DISTANCE_TABLE, DISTANCE_BITS, DISTANCE_COUNTS, DISTANCE_SYMBOLS);
}

function dynamicCodes(inputEnd: usize): bool {
  const literals = take(5) + 257;
  const distances = take(5) + 1;
  const given = take(4) + 4;
  if (literals > LITERALS || distances > DISTANCES) return false;
  fill(LENGTHS, 0, 19);
  for (let i: u32 = 0; i < given; i++) {
    if (held < 3) refill();
    store<u8>(LENGTHS + load<u8>(LENGTH_ORDER + i), <u8>take(3));
  }
  // They are few and their codes short. What they are is kept where the literals come afterwards.
  if (!build(LENGTHS, 19, LITERAL_TABLE, 0, LITERAL_COUNTS, LITERAL_SYMBOLS)) return false;
  const all = literals + distances;
  for (let i: u32 = 0; i < all;) {
    refill();
    if (at > inputEnd + 8) return false;
    const entry = longCode(bits, LITERAL_COUNTS, LITERAL_SYMBOLS);
    take(entry & 15);
    const symbol = entry >> 4;
    if (symbol < 16) {
      store<u8>(LENGTHS + i++, <u8>symbol);
      continue;
    }
    if (symbol > 18 || (symbol == 16 && i == 0)) return false;
    const length: u8 = symbol == 16 ? load<u8>(LENGTHS + i - 1) : 0;
    const times = symbol == 16 ? 3 + take(2) : symbol == 17 ? 3 + take(3) : 11 + take(7);
    if (i + times > all) return false;
    fill(LENGTHS + i, length, times);
    i += times;
  }
  return (
    load<u8>(LENGTHS + END) != 0 &&
    build(LENGTHS, literals, LITERAL_TABLE, LITERAL_BITS, LITERAL_COUNTS, LITERAL_SYMBOLS) &&
    build(LENGTHS + literals, distances, DISTANCE_TABLE, DISTANCE_BITS, DISTANCE_COUNTS, DISTANCE_SYMBOLS)
  );
}

/** Makes the tables of a code of the lengths of each symbol's code. False if there are more codes than bits for them, or too few. */
function build(lengths: usize, size: u32, table: usize, tableBits: u32, counts: usize, symbols: usize): bool {
  fill(counts, 0, 32);
  for (let symbol: u32 = 0; symbol < size; symbol++) {
    const count = counts + (<usize>load<u8>(lengths + symbol) << 1);
    store<u16>(count, load<u16>(count) + 1);
  }
  store<u16>(counts, 0);
  let left: i32 = 1;
  let index: u32 = 0;
  for (let length: u32 = 1; length <= MAX_CODE_BITS; length++) {
    const count = <u32>load<u16>(counts + (length << 1));
    store<u16>(NEXT + (length << 1), <u16>index);
    index += count;
    left = (left << 1) - <i32>count;
    if (left < 0) return false;
  }
  // As zlib has it: one code of one bit need not have a second.
  if (left > 0 && !(index == 0 || (index == 1 && load<u16>(counts, 2) == 1))) return false;
  for (let symbol: u32 = 0; symbol < size; symbol++) {
    const length = <usize>load<u8>(lengths + symbol);
    if (length == 0) continue;
    const next = NEXT + (length << 1);
    store<u16>(symbols + (<usize>load<u16>(next) << 1), <u16>symbol);
    store<u16>(next, load<u16>(next) + 1);
  }
  fill(table, 0, <usize>2 << tableBits);
  let code: u32 = 0;
  index = 0;
  for (let length: u32 = 1; length <= tableBits; length++) {
    for (let count = <u32>load<u16>(counts + (length << 1)); count > 0; count--) {
      const entry = <u16>((<u32>load<u16>(symbols + (index++ << 1)) << 4) | length);
      const first = reversed(code++, length);
      for (let i = first; i < 1 << tableBits; i += 1 << length) store<u16>(table + (i << 1), entry);
    }
    code <<= 1;
  }
  return true;
}

/** Where the next symbol goes whose code has so many bits. */
const NEXT = memory.data(2 * 16);

/** Codes come with their highest bit first, everything else with its lowest. */
// @ts-ignore: decorator
@inline
function reversed(code: u32, length: u32): u32 {
  let bits = ((code >> 1) & 0x5555) | ((code & 0x5555) << 1);
  bits = ((bits >> 2) & 0x3333) | ((bits & 0x3333) << 2);
  bits = ((bits >> 4) & 0x0f0f) | ((bits & 0x0f0f) << 4);
  bits = ((bits >> 8) & 0x00ff) | ((bits & 0x00ff) << 8);
  return bits >> (16 - length);
}

/** What `memory.fill` does, which is a call into the engine each time. */
// @ts-ignore: decorator
@inline
function fill(from: usize, value: u8, length: usize): void {
  for (let to = from; to < from + length; to += 16) v128.store(to, i8x16.splat(value));
}
