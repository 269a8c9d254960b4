/**
 * The innermost loop of all JSON, in AssemblyScript: to the end of an array or object, sixty-four bytes at a time.
 *
 * `npm run wasm` makes `jsonKernel.wasm.ts` of it; a test holds the two together. All memory is laid out by `JsonKernel.ts`. Every byte means
 * what it means to `JsonValue.ts`, which says it in JavaScript.
 */

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
const OPENING_BRACE: u8 = 0x7b;
const CLOSING_BRACE: u8 = 0x7d;

/** What a bracket becomes the brace of, and a brace stays: the bit by which they differ. */
const BRACE_BIT: u8 = 0x20;

/** Opening ones have it, closing ones have not. */
const OPENING_BIT: u8 = 0x02;

/** In ASCII, `[` and `]` stand two apart, and so do `{` and `}`. */
const TO_OPENING: u8 = 2;

const BLOCK: usize = 64;

/** As in `JsonValue.ts`. */
const MAX_COMPARED_LEVELS: u32 = 1024;

const OPEN: u32 = 0;
const COMPLETE: u32 = 1;
const BROKEN: u32 = 2;

let openings: usize = 0;
let depth: u32 = 0;
let isInString: bool = false;
let status: u32 = OPEN;

/**
 * Scans from `from` to the end of the value, to the bracket that breaks it, or to `end`, and answers how far it came: one beyond `end` where
 * a backslash escapes the byte there.
 *
 * `state` is three u32: the depth, whether that is within a string, and what became of the value. `levels` are the brackets that are open.
 */
export function scan(from: usize, end: usize, state: usize, levels: usize): usize {
  openings = levels;
  depth = load<u32>(state);
  isInString = load<u32>(state, 4) != 0;
  status = OPEN;
  let at = from;
  while (at < end && status == OPEN) {
    at = at + BLOCK <= end && !hasBackslash(at) ? block(at) : byByte(at, min(at + BLOCK, end));
  }
  store<u32>(state, depth);
  store<u32>(state, isInString ? 1 : 0, 4);
  store<u32>(state, status, 8);
  return at;
}

function hasBackslash(at: usize): bool {
  const wanted = i8x16.splat(BACKSLASH);
  return v128.any_true(
    v128.or(
      v128.or(i8x16.eq(v128.load(at), wanted), i8x16.eq(v128.load(at, 16), wanted)),
      v128.or(i8x16.eq(v128.load(at, 32), wanted), i8x16.eq(v128.load(at, 48), wanted))
    )
  );
}

/** A bit for each byte that is this one. */
function quotes(at: usize): u64 {
  const wanted = i8x16.splat(QUOTE);
  return (
    bits(i8x16.eq(v128.load(at), wanted)) |
    (bits(i8x16.eq(v128.load(at, 16), wanted)) << 16) |
    (bits(i8x16.eq(v128.load(at, 32), wanted)) << 32) |
    (bits(i8x16.eq(v128.load(at, 48), wanted)) << 48)
  );
}

function brackets(at: usize): u64 {
  return (
    bits(areBrackets(v128.load(at))) |
    (bits(areBrackets(v128.load(at, 16))) << 16) |
    (bits(areBrackets(v128.load(at, 32))) << 32) |
    (bits(areBrackets(v128.load(at, 48))) << 48)
  );
}

function areBrackets(bytes: v128): v128 {
  const braces = v128.or(bytes, i8x16.splat(BRACE_BIT));
  return v128.or(i8x16.eq(braces, i8x16.splat(OPENING_BRACE)), i8x16.eq(braces, i8x16.splat(CLOSING_BRACE)));
}

function bits(lanes: v128): u64 {
  return <u64>(<u32>i8x16.bitmask(lanes));
}

/** Sixty-four bytes without a backslash: each quote begins or ends a string. */
function block(at: usize): usize {
  // Each bit becomes the parity of the quotes up to it: those within strings are set.
  let strings = quotes(at);
  strings ^= strings << 1;
  strings ^= strings << 2;
  strings ^= strings << 4;
  strings ^= strings << 8;
  strings ^= strings << 16;
  strings ^= strings << 32;
  if (isInString) strings = ~strings;
  let found = brackets(at) & ~strings;
  while (found != 0) {
    const position = at + <usize>ctz(found);
    if (!passes(load<u8>(position))) {
      // Whatever stands behind is another value's.
      isInString = false;
      return status == COMPLETE ? position + 1 : position;
    }
    found &= found - 1;
  }
  isInString = strings >> 63 != 0;
  return at + BLOCK;
}

/** The same for any bytes. */
function byByte(from: usize, end: usize): usize {
  let at = from;
  while (at < end) {
    const byte = load<u8>(at);
    if (isInString) {
      if (byte == BACKSLASH) at++;
      else if (byte == QUOTE) isInString = false;
    } else if (byte == QUOTE) {
      isInString = true;
    } else if ((byte | BRACE_BIT) == OPENING_BRACE || (byte | BRACE_BIT) == CLOSING_BRACE) {
      if (!passes(byte)) return status == COMPLETE ? at + 1 : at;
    }
    at++;
  }
  return at;
}

/** Takes a bracket in; false when it is the last one of the value. */
function passes(bracket: u8): bool {
  if ((bracket & OPENING_BIT) != 0) {
    if (depth < MAX_COMPARED_LEVELS) store<u8>(openings + depth, bracket);
    depth++;
    return true;
  }
  depth--;
  if (depth < MAX_COMPARED_LEVELS && load<u8>(openings + depth) != bracket - TO_OPENING) status = BROKEN;
  else if (depth == 0) status = COMPLETE;
  return status == OPEN;
}
