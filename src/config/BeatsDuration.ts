/**
 * Durations as Beats and Go write them: `10s`, `1h`, `1h30m`, `500ms`; a bare number counts seconds.
 */
import { Duration, Result, Schema } from "effect"
import { between, type Bounds } from "./between.ts"
import { type ParseText, scalar, showText } from "./scalar.ts"

/** Nanoseconds in each unit, the largest first. */
const UNITS = [
  ["h", 3_600_000_000_000],
  ["m", 60_000_000_000],
  ["s", 1_000_000_000],
  ["ms", 1_000_000],
  ["us", 1_000],
  ["ns", 1]
] as const

const NANOS: ReadonlyMap<string, number> = new Map([...UNITS, ["µs", 1_000], ["μs", 1_000]])

/**
 * Reads a duration.
 *
 * **Source** https://pkg.go.dev/time#ParseDuration, and Beats' own rule that a bare number counts seconds
 */
export const parse = (text: string): Result.Result<Duration.Duration, string> => {
  const spelled = /^\d+(?:\.\d+)?$/.test(text) ? `${text}s` : text
  let nanos = 0
  for (const [, count, unit = ""] of spelled.matchAll(/(\d+(?:\.\d+)?)([a-zµμ]+)/g)) {
    nanos += Number(count) * (NANOS.get(unit) ?? 0)
  }
  if (!/^(?:\d+(?:\.\d+)?(?:h|ms|m|s|us|µs|μs|ns))+$/.test(spelled) || nanos > Number.MAX_SAFE_INTEGER) {
    return Result.fail(`${showText(text)} is no duration; write it as in 10s, 15m or 1h30m`)
  }
  return Result.succeed(
    nanos % 1_000_000 === 0 ? Duration.millis(nanos / 1_000_000) : Duration.nanos(BigInt(Math.round(nanos)))
  )
}

/** Writes a duration as `parse` reads it, in its largest units. */
export const show = (duration: Duration.Duration): string => {
  let rest = Number(Duration.toNanosUnsafe(duration))
  let text = ""
  for (const [unit, nanos] of UNITS) {
    const count = Math.floor(rest / nanos)
    if (count > 0) text += `${count}${unit}`
    rest -= count * nanos
  }
  return text === "" ? "0s" : text
}

/** A duration within bounds, which are spelled as in the file. **Shape** `read` takes the text where not all is as in Beats. */
export const within = ({ maximum, minimum }: Bounds<Duration.Input>, read: ParseText<Duration.Duration> = parse) =>
  scalar(
    Schema.Duration.check(
      between(
        { minimum: Duration.fromInputUnsafe(minimum), maximum: Duration.fromInputUnsafe(maximum) },
        Duration.Order,
        show
      )
    ),
    "a duration such as 10s or 1h30m",
    read
  )
