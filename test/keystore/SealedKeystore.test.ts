import { assert, describe, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import * as fc from "fast-check"
import * as Sealed from "../../src/keystore/SealedKeystore.ts"
import { anyEntries, cheap, entriesOf, flipped, passphrase, unsealed, withDigest } from "../support/keystores.ts"

const sealed = Sealed.seal(entriesOf({ ID: "AKIAEXAMPLE", KEY: "hush" }), passphrase, cheap)

const VERSION = 8
const LOG2N = 9
const R = 10
const P = 11

const withBytes = (at: number, ...bytes: ReadonlyArray<number>) => {
  const copy = Uint8Array.from(sealed)
  copy.set(bytes, at)
  return withDigest(copy)
}

const withCost = (log2N: number, r: number, p: number) => unsealed(withBytes(LOG2N, log2N, r, p))

describe("SealedKeystore", () => {
  it("any names and values come back as they were sealed, and the names without the passphrase, in order", () => {
    fc.assert(
      fc.property(anyEntries, fc.string({ unit: "grapheme" }), (texts, word) => {
        const bytes = Sealed.seal(entriesOf(texts), Redacted.make(word), cheap)
        assert.deepStrictEqual(unsealed(bytes, Redacted.make(word)), { ...texts })
        assert.deepStrictEqual(Sealed.names(bytes), Result.succeed(Object.keys(texts).toSorted()))
      })
    )
  })

  it("every flipped bit is noticed, before any passphrase is needed", () => {
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const fault = Result.getFailure(Sealed.names(flipped(sealed, bit)))
      assert.deepStrictEqual(fault._tag === "Some" && fault.value, bit < 64 ? "Foreign" : "Damaged", `bit ${bit}`)
    }
  })

  it("every flipped bit is noticed even when the digest is made right again", () => {
    for (let bit = 0; bit < (sealed.length - 32) * 8; bit++) {
      assert.isString(unsealed(withDigest(flipped(sealed, bit))), `bit ${bit}`)
    }
  })

  it("a file that is cut off anywhere is damaged, and so is one with something behind it", () => {
    for (let length = 8; length < sealed.length; length++) {
      assert.strictEqual(unsealed(sealed.subarray(0, length)), "Damaged", `${length} bytes`)
    }
    assert.strictEqual(unsealed(Buffer.concat([sealed, Buffer.of(0)])), "Damaged")
  })

  it("random bytes are no keystore", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        assert.strictEqual(unsealed(bytes), "Foreign")
        assert.isString(unsealed(withDigest(Buffer.concat([Buffer.from("s3beatKS"), bytes, Buffer.alloc(32)]))))
      })
    )
    assert.strictEqual(unsealed(new Uint8Array(0)), "Foreign")
  })

  it("any other passphrase is wrong", () => {
    fc.assert(
      fc.property(fc.string(), (word) => {
        assert.strictEqual(unsealed(sealed, Redacted.make(word)), "WrongPassphrase")
      })
    )
  })

  it("a passphrase is the same however its accents were typed", () => {
    const bytes = Sealed.seal(entriesOf({ A: "1" }), Redacted.make("caf\u00e9"), cheap)
    assert.deepStrictEqual(unsealed(bytes, Redacted.make("cafe\u0301")), { A: "1" })
  })

  it("sealing twice gives other bytes: no salt and no nonce serves again", () => {
    const again = Sealed.seal(entriesOf({ ID: "AKIAEXAMPLE", KEY: "hush" }), passphrase, cheap)
    assert.notDeepEqual(again.subarray(12, 28), sealed.subarray(12, 28))
    assert.notDeepEqual(again.subarray(28, 40), sealed.subarray(28, 40))
  })

  it("neither a value nor the passphrase stands in the bytes", () => {
    const text = Buffer.from(sealed).toString("latin1")
    for (const secret of ["AKIAEXAMPLE", "hush", Redacted.value(passphrase)]) assert.notInclude(text, secret)
  })

  it("a key that would cost more than any of s3beat's is refused before it is derived", () => {
    for (const [log2N, r, p] of [
      [255, 255, 255],
      [31, 8, 1],
      [19, 8, 1],
      [18, 8, 5],
      [1, 1, 0],
      [0, 8, 1],
      [14, 0, 1],
      [16, 1, 1]
    ] as const) {
      assert.strictEqual(withCost(log2N, r, p), "TooCostly", `${log2N} ${r} ${p}`)
    }
    assert.strictEqual(withCost(2, 1, 1), "WrongPassphrase")
  })

  it("a later version is told apart from damage", () => {
    assert.strictEqual(unsealed(withBytes(VERSION, 2)), "Newer")
  })

  it("what is sealed without a word about the cost costs what is recommended", () => {
    const bytes = Sealed.seal(new Map(), passphrase)
    assert.deepStrictEqual([bytes[LOG2N], bytes[R], bytes[P]], [15, 8, 3])
    assert.deepStrictEqual(unsealed(bytes), {})
  })
})
