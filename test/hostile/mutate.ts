/**
 * Good input gone bad: by the byte, by the piece, and by the field.
 */
import { Predicate } from "effect"
import * as fc from "fast-check"

/** What is done to the bytes at a place between 0 and 1 of them. */
const mutation = fc.record({
  kind: fc.constantFrom("flip", "cut", "drop", "repeat", "insert", "swap"),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 1, max: 64 }),
  bit: fc.nat(7),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 8 })
})

type Mutation = typeof mutation extends fc.Arbitrary<infer M> ? M : never

const mutated = (input: Buffer, { at, bit, bytes, kind, length }: Mutation): Buffer => {
  const from = Math.floor(at * input.length)
  const [before, piece, after] = [
    input.subarray(0, from),
    input.subarray(from, from + length),
    input.subarray(from + length)
  ]
  switch (kind) {
    case "flip":
      return Buffer.concat([before, piece.map((byte, i) => (i === 0 ? byte ^ (1 << bit) : byte)), after])
    case "cut":
      return before
    case "drop":
      return Buffer.concat([before, after])
    case "repeat":
      return Buffer.concat([before, piece, piece, piece, after])
    case "swap":
      return Buffer.concat([piece, before, after])
    default:
      return Buffer.concat([before, bytes, piece, after])
  }
}

/** The bytes, changed up to three times. */
export const byBytes = (good: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(good, fc.array(mutation, { maxLength: 3 }))
    .map(([input, mutations]) => mutations.reduce<Buffer>(mutated, input))

/** Values that no service would write. */
const strange = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    1e308,
    0.5,
    "",
    "..",
    "../../etc/passwd",
    "a%00b",
    "%zz",
    "%ff%fe",
    "a\u0000b",
    "a\ud800",
    "\udc00%ed%a0%80",
    "\ufeffa",
    "a\nERROR forged",
    "\u202egol.a",
    "x@example.com/#",
    "arn:aws:s3:us-east-1:123456789012:accesspoint/a",
    "__proto__",
    "k".repeat(2000),
    [],
    {},
    [[[[]]]]
  ),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.jsonValue()
)

/** The JSON of the value, in which something strange has taken the place of one field, or stands beside it. */
export const byField = (good: fc.Arbitrary<unknown>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(good, fc.nat(), strange, fc.constantFrom("replace", "remove", "double", "pollute"))
    .map(([value, nth, with_, how]) => {
      const places = [...placesOf(value)]
      const place = places[nth % Math.max(1, places.length)]
      return Buffer.from(place === undefined ? JSON.stringify(with_) : written(value, place, with_, how))
    })

interface Place {
  readonly holder: object
  readonly name: string
}

function* placesOf(value: unknown): Generator<Place> {
  if (!Predicate.isObjectOrArray(value)) return
  for (const [name, inner] of Object.entries(value)) {
    yield { holder: value, name }
    yield* placesOf(inner)
  }
}

const written = (value: unknown, place: Place, instead: unknown, how: string): string =>
  JSON.stringify(value, function (this: object, name: string, inner: unknown): unknown {
    if (this !== place.holder || name !== place.name) return inner
    if (how === "remove") return undefined
    return how === "replace" ? instead : { ...Object(inner), [how === "double" ? name : "__proto__"]: instead }
  }) ?? ""
