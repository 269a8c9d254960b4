/**
 * The innermost loop of the encoder, in AssemblyScript: records to events, sixteen bytes at a time.
 *
 * `npm run wasm` makes `slabKernel.wasm.ts` of it; a test holds the two together. All memory is laid out by `SlabKernel.ts`; what
 * is read or written beyond an end, up to fifteen bytes, is garbage and there is room for it.
 */

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
const ZERO: u8 = 0x30;

/** Digits of an offset in an id. */
const ID_DIGITS: usize = 12;

/** Bytes that one byte may become: a control character is written as six. */
const MAX_GROWTH: usize = 6;

/**
 * Writes an event for each record, until they are all written or the next one might not fit, and answers how many there are. The
 * end of each, behind its newline, is put at `outEnds`.
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
  outEnds: usize,
  capacity: usize
): usize {
  const tailLength = betweenLength - headLength;
  const limit = out + capacity;
  const fixed = betweenLength + afterIdLength + beforeLength + 2 * ID_DIGITS + tailLength;
  const first = load<u32>(starts);
  let at = out;
  let done: usize = 0;
  for (; done < count; done++) {
    const start = load<u32>(starts + (done << 2)) - first;
    const end = load<u32>(ends + (done << 2)) - first;
    if (at + fixed + MAX_GROWTH * <usize>(end - start) > limit) break;
    if (done == 0) {
      memory.copy(at, head, headLength);
      at += headLength;
    } else {
      memory.copy(at, between, betweenLength);
      store<u32>(outEnds + ((done - 1) << 2), <u32>(at + tailLength - out));
      at += betweenLength;
    }
    const digits = at;
    at = twelveDigits(at, ((<u64>baseHigh) << 32) + <u64>baseLow + <u64>start);
    memory.copy(at, afterId, afterIdLength);
    at += afterIdLength;
    at = withoutZeros(digits, at);
    memory.copy(at, before, beforeLength);
    at += beforeLength;
    at = escape(input + start, input + end, at);
  }
  if (done > 0) {
    memory.copy(at, between, tailLength);
    store<u32>(outEnds + ((done - 1) << 2), <u32>(at + tailLength - out));
  }
  return done;
}

/** Copies what stands at `[from, end)` as the inside of a JSON string, and answers where that ends. */
function escape(from: usize, end: usize, to: usize): usize {
  let at = from;
  let dst = to;
  for (; at < end; at += 16) {
    const bytes = v128.load(at);
    v128.store(dst, bytes);
    let escapes = i8x16.bitmask(
      v128.or(
        v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(BACKSLASH))),
        i8x16.lt_u(bytes, i8x16.splat(0x20))
      )
    );
    const length = min<usize>(16, end - at);
    if (length < 16) escapes &= (1 << <i32>length) - 1;
    let copied: usize = 0;
    while (escapes != 0) {
      const next = <usize>ctz(escapes);
      escapes &= escapes - 1;
      dst = escaped(load<u8>(at + next), dst + next - copied);
      copied = next + 1;
      v128.store(dst, v128.load(at + copied));
    }
    dst += length - copied;
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

/** A number below 10^12 in twelve digits. */
function twelveDigits(dst: usize, value: u64): usize {
  const high = <u32>(value / 100000000);
  digitsOf(dst, high, 4);
  digitsOf(dst + 4, <u32>(value - (<u64>high) * 100000000), 8);
  return dst + ID_DIGITS;
}

function digitsOf(dst: usize, value: u32, count: usize): void {
  let rest = value;
  for (let i = count; i > 0; i--) {
    const next = rest / 10;
    store<u8>(dst + i - 1, ZERO + <u8>(rest - next * 10));
    rest = next;
  }
}

/** The twelve digits at `from` once more, without zeros in front. */
function withoutZeros(from: usize, dst: usize): usize {
  let at = from;
  const last = from + ID_DIGITS - 1;
  while (at < last && load<u8>(at) == ZERO) at++;
  let end = dst;
  for (; at <= last; at++) store<u8>(end++, load<u8>(at));
  return end;
}
