/**
 * Keystores for the tests: what they hold, and bytes of them that cost next to nothing to make.
 */
import { createHash } from "node:crypto"
import { Redacted, Result } from "effect"
import * as fc from "fast-check"
import * as Sealed from "../../src/keystore/SealedKeystore.ts"

/** The least that scrypt takes: keys under it are derived in no time. */
export const cheap: Sealed.KeyCost = { log2N: 1, r: 1, p: 1 }

export const passphrase = Redacted.make("correct horse battery staple")

/** Any entries that a keystore may hold: values of every kind of text, lone surrogates included. */
export const anyEntries = fc.dictionary(
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.]{0,20}$/),
  fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.constant("\ud800\0\n")),
  { noNullPrototype: true, maxKeys: 8 }
)

/** Texts as entries. */
export const entriesOf = (texts: Readonly<Record<string, string>>): Sealed.Entries =>
  new Map(Object.entries(texts).map(([name, text]) => [name, Redacted.make(text)]))

/** Entries as texts. */
export const textsOf = (entries: Sealed.Entries): Readonly<Record<string, string>> =>
  Object.fromEntries(Array.from(entries, ([name, value]) => [name, Redacted.value(value)]))

/** What the bytes hold under the passphrase, or why they cannot be unsealed. */
export const unsealed = (bytes: Uint8Array, key = passphrase) =>
  Result.match(Sealed.unseal(bytes, key), { onFailure: (fault) => fault, onSuccess: textsOf })

/** The bytes with their digest made right again, as somebody would who wants a change to go unnoticed. */
export const withDigest = (bytes: Uint8Array): Uint8Array => {
  const body = bytes.subarray(0, -32)
  return Buffer.concat([body, createHash("sha256").update(body).digest()])
}

/** The bytes with one bit flipped. */
export const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}
