/**
 * The innermost loop of the encoder, in AssemblyScript: records to events, sixteen bytes at a time.
 *
 * `npm run wasm` makes `slabKernel.wasm.ts` of it; a test holds the two together. All memory is laid out by `SlabKernel.ts`; what
 * is read or written beyond an end, up to sixty-three bytes, is garbage and there is room for it.
 */

const LF: u8 = 0x0a;
const CR: u8 = 0x0d;
const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
const ZERO: u8 = 0x30;

/** Bytes below it are control characters. */
const SPACE: u8 = 0x20;

/** Digits of an offset in an id. */
const ID_DIGITS: usize = 12;

/** Bytes that one byte may become: a control character is written as six. */
const MAX_GROWTH: usize = 6;

/**
 * Marks the lines in `length` bytes that are not empty, `capacity` of them at most, and answers how many there are. A line ends with LF
 * or CRLF, the last one with the bytes.
 */
export function markLines(input: usize, length: usize, starts: usize, ends: usize, capacity: usize): usize {
  let count: usize = 0;
  let start: usize = 0;
  for (let block: usize = 0; block < length; block += 64) {
    const first = newlinesAt(input + block);
    const second = newlinesAt(input + block + 16);
    const third = newlinesAt(input + block + 32);
    const fourth = newlinesAt(input + block + 48);
    if (!v128.any_true(v128.or(v128.or(first, second), v128.or(third, fourth)))) continue;
    let newlines = bitsOf(first) | (bitsOf(second) << 16) | (bitsOf(third) << 32) | (bitsOf(fourth) << 48);
    for (; newlines != 0; newlines &= newlines - 1) {
      const newline = block + <usize>ctz(newlines);
      if (newline >= length) break;
      const end = newline > start && load<u8>(input + newline - 1) == CR ? newline - 1 : newline;
      if (end > start) {
        if (count == capacity) return count;
        store<u32>(starts + (count << 2), <u32>start);
        store<u32>(ends + (count << 2), <u32>end);
        count++;
      }
      start = newline + 1;
    }
  }
  if (start < length && count < capacity) {
    store<u32>(starts + (count << 2), <u32>start);
    store<u32>(ends + (count << 2), <u32>length);
    count++;
  }
  return count;
}

// @ts-ignore: decorator
@inline
function newlinesAt(at: usize): v128 {
  return i8x16.eq(v128.load(at), i8x16.splat(LF));
}

// @ts-ignore: decorator
@inline
function bitsOf(marks: v128): u64 {
  return <u64>i8x16.bitmask(marks);
}

/**
 * Writes an event for each record behind `used` bytes of `out`, until they are all written or the next one might not fit, and answers
 * how many there are. The end of each, behind its newline, is put at `outEnds`.
 *
 * Each event is `head` offset (12 digits) `afterId` offset `before` message `tail`, where the last byte of `before` and the
 * first of `tail` are the message's quotes; `between` is `tail` and `head` in one.
 */
export function fill(
  input: usize,
  starts: usize,
  ends: usize,
  count: usize,
  baseHigh: u32,
  baseLow: u32,
  head: usize,
  headLength: usize,
  between: usize,
  betweenLength: usize,
  afterId: usize,
  afterIdLength: usize,
  before: usize,
  beforeLength: usize,
  out: usize,
  used: usize,
  outEnds: usize,
  capacity: usize
): usize {
  const tailLength = betweenLength - headLength;
  const limit = out + capacity;
  const fixed = betweenLength + afterIdLength + beforeLength + 2 * ID_DIGITS + tailLength;
  const first = load<u32>(starts);
  let at = out + used;
  let done: usize = 0;
  for (; done < count; done++) {
    const start = load<u32>(starts + (done << 2)) - first;
    const end = load<u32>(ends + (done << 2)) - first;
    if (at + fixed + MAX_GROWTH * <usize>(end - start) > limit) break;
    if (done == 0) {
      at = copy(head, headLength, at);
    } else {
      store<u32>(outEnds + ((done - 1) << 2), <u32>(at + tailLength - out));
      at = copy(between, betweenLength, at);
    }
    const digits = twelveDigits(((<u64>baseHigh) << 32) + <u64>baseLow + <u64>start);
    v128.store(at, digits);
    at = copy(afterId, afterIdLength, at + ID_DIGITS);
    at = withoutZeros(digits, at);
    at = copy(before, beforeLength, at);
    at = escape(input + start, input + end, at);
  }
  if (done > 0) {
    store<u32>(outEnds + ((done - 1) << 2), <u32>(at + tailLength - out));
    copy(between, tailLength, at);
  }
  return done;
}

/** What `memory.copy` does, which is a call into the engine each time and takes longer for so few bytes. Answers where it ends. */
function copy(from: usize, length: usize, to: usize): usize {
  for (let at: usize = 0; at < length; at += 64) {
    v128.store(to + at, v128.load(from + at));
    v128.store(to + at, v128.load(from + at, 16), 16);
    v128.store(to + at, v128.load(from + at, 32), 32);
    v128.store(to + at, v128.load(from + at, 48), 48);
  }
  return to + length;
}

/** Copies what stands at `[from, end)` as the inside of a JSON string, and answers where that ends. */
function escape(from: usize, end: usize, to: usize): usize {
  let at = from;
  let dst = to;
  for (; at + 16 <= end; at += 16) dst = escapeUpTo16(at, 16, dst);
  return at < end ? escapeUpTo16(at, end - at, dst) : dst;
}

// @ts-ignore: decorator
@inline
function escapeUpTo16(at: usize, length: usize, dst: usize): usize {
  const bytes = v128.load(at);
  const valid: u32 = (1 << <u32>length) - 1;
  const controls = i8x16.lt_u(bytes, i8x16.splat(SPACE));
  const marks = v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(BACKSLASH)));
  const escapes = <u32>i8x16.bitmask(v128.or(marks, controls)) & valid;
  if (escapes == 0) {
    v128.store(dst, bytes);
    return dst + length;
  }
  if ((<u32>i8x16.bitmask(controls) & valid) != 0) return escapeByByte(at, at + length, dst);
  const firstLength = min<usize>(8, length);
  const first = spread(bytes, escapes & 0xff, dst) + firstLength;
  return spread(v128.load(at, 8), escapes >> 8, first) + length - firstLength;
}

/** Writes the first eight of these bytes, with a backslash before those that are told; answers `dst` moved on by the backslashes. */
// @ts-ignore: decorator
@inline
function spread(bytes: v128, escapes: u32, dst: usize): usize {
  v128.store(dst, i8x16.swizzle(i8x16.replace_lane(bytes, 8, BACKSLASH), v128.load(SPREADS + (escapes << 4))));
  return dst + popcnt(escapes);
}

/** For each choice of eight bytes, where its result has each of them, and in between the ninth, which is the backslash. */
const SPREADS: usize = memory.data(256 * 16, 16);
for (let escapes: u32 = 0; escapes < 256; escapes++) {
  let at = SPREADS + (escapes << 4);
  for (let i: u32 = 0; i < 8; i++) {
    if (((escapes >> i) & 1) != 0) store<u8>(at++, 8);
    store<u8>(at++, <u8>i);
  }
}

function escapeByByte(from: usize, end: usize, to: usize): usize {
  let dst = to;
  for (let at = from; at < end; at++) {
    const byte = load<u8>(at);
    if (byte < SPACE || byte == QUOTE || byte == BACKSLASH) dst = escaped(byte, dst);
    else store<u8>(dst++, byte);
  }
  return dst;
}

/** One byte as RFC 8259 escapes it. */
function escaped(byte: u8, dst: usize): usize {
  store<u8>(dst, BACKSLASH);
  let letter = byte;
  if (byte == 0x0a) letter = 0x6e;
  else if (byte == 0x0d) letter = 0x72;
  else if (byte == 0x09) letter = 0x74;
  else if (byte == 0x08) letter = 0x62;
  else if (byte == 0x0c) letter = 0x66;
  else if (byte < 0x20) {
    store<u8>(dst + 1, 0x75);
    store<u8>(dst + 2, ZERO);
    store<u8>(dst + 3, ZERO);
    store<u8>(dst + 4, ZERO + (byte >> 4));
    const low = byte & 15;
    store<u8>(dst + 5, low < 10 ? ZERO + low : 0x57 + low);
    return dst + 6;
  }
  store<u8>(dst + 1, letter);
  return dst + 2;
}

/** A number below 10^12 in twelve digits, and four bytes of garbage. */
function twelveDigits(value: u64): v128 {
  const high = <u32>(value / 100000000);
  const low = <u32>(value - (<u64>high) * 100000000);
  const middle = low / 10000;
  return i32x4.replace_lane(
    i32x4.replace_lane(i32x4.splat(fourDigits(high)), 1, fourDigits(middle)),
    2,
    fourDigits(low - middle * 10000)
  );
}

/** A number below 10^4: both halves at a time are divided by ten. */
function fourDigits(value: u32): u32 {
  const hundreds = value / 100;
  const halves = hundreds | ((value - hundreds * 100) << 16);
  const tens = ((halves * 103) >> 10) & 0x000f000f;
  return tens | ((halves - tens * 10) << 8) | 0x30303030;
}

/** The twelve digits once more, without zeros in front. */
function withoutZeros(digits: v128, dst: usize): usize {
  const others = i8x16.bitmask(i8x16.ne(digits, i8x16.splat(ZERO)));
  const zeros = min<i32>(ctz(others), <i32>ID_DIGITS - 1);
  v128.store(dst, i8x16.swizzle(digits, i8x16.add(i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), i8x16.splat(<i8>zeros))));
  return dst + ID_DIGITS - zeros;
}
