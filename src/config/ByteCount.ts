/**
 * Sizes as people write them: `64MiB`, `10MB`, or bare bytes.
 */
import { Order, Result, Schema } from "effect"
import { between, type Bounds } from "./between.ts"
import { scalar, showText } from "./scalar.ts"

/** Bytes in a kibibyte. */
export const KiB = 1024
/** Bytes in a mebibyte. */
export const MiB = 1024 * KiB
/** Bytes in a gibibyte. */
export const GiB = 1024 * MiB
/** Bytes in a tebibyte. */
export const TiB = 1024 * GiB
/** Bytes in a pebibyte. */
export const PiB = 1024 * TiB

const PREFIXES = ["", "k", "m", "g", "t", "p"]

/** Reads a size. **Units** `kB` to `PB` are powers of 1000, `KiB` to `PiB` powers of 1024, a bare number is bytes. */
export const parse = (text: string): Result.Result<number, string> => {
  const [, count, prefix = "", binary = ""] = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])(i?)b|b)?$/i.exec(text) ?? []
  const bytes = Number(count) * (binary === "" ? 1000 : 1024) ** PREFIXES.indexOf(prefix.toLowerCase())
  return Number.isSafeInteger(bytes)
    ? Result.succeed(bytes)
    : Result.fail(`${showText(text)} is no size in bytes; write it as in 64MiB, 10MB or 1048576`)
}

/** Writes a size in the largest unit that divides it, as `parse` reads it. */
export const show = (bytes: number): string => {
  for (const [base, infix] of [
    [1024, "i"],
    [1000, ""]
  ] as const) {
    for (let power = PREFIXES.length - 1; power > 0; power--) {
      const unit = base ** power
      if (bytes >= unit && bytes % unit === 0) return `${bytes / unit}${PREFIXES[power]?.toUpperCase()}${infix}B`
    }
  }
  return bytes === 1 ? "1 byte" : `${bytes} bytes`
}

/** A size within bounds. **Units** Bytes. */
export const within = (bounds: Bounds<number>) =>
  scalar(Schema.Number.check(between(bounds, Order.Number, show)), "a size such as 64MiB", parse)
