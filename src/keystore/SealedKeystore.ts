/**
 * The bytes of a keystore: names in the clear, values encrypted under a passphrase.
 *
 * | bytes | what they are                                                                                  |
 * |-------|------------------------------------------------------------------------------------------------|
 * | 8     | `s3beatKS`, by which a keystore is known                                                       |
 * | 1     | the version of the format, 1                                                                   |
 * | 3     | what the key costs: scrypt's log2 N, r and p                                                   |
 * | 16    | scrypt's salt                                                                                  |
 * | 12    | AES-GCM's nonce                                                                                |
 * | 4     | how many bytes of names follow, big-endian                                                     |
 * |       | the names, in the order of their bytes, each ended with LF                                     |
 * |       | the values, in the order of the names, as a JSON array of strings under AES-256-GCM            |
 * | 16    | AES-GCM's tag, over the values and everything before them                                      |
 * | 32    | SHA-256 of everything before it: it protects nothing, but tells damage from a wrong passphrase |
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes, scryptSync } from "node:crypto"
import { Predicate, Redacted, Result } from "effect"

/** What a keystore holds: values by name. */
export type Entries = ReadonlyMap<string, Redacted.Redacted>

/**
 * Why bytes cannot be unsealed.
 *
 * **Shape** `Foreign`: no keystore at all. `Newer`: of a later version of the format. `Damaged`: cut off, or changed since it
 * was written. `TooCostly`: its key would cost more than any that s3beat makes, or cannot be derived at all. `WrongPassphrase`: the passphrase is another,
 * or somebody without it has changed the keystore.
 */
export type SealFault = "Foreign" | "Newer" | "Damaged" | "TooCostly" | "WrongPassphrase"

/** What deriving a key costs. **Units** 128 × 2^log2N × r bytes of memory, p times over. */
export interface KeyCost {
  readonly log2N: number
  readonly r: number
  readonly p: number
}

/**
 * 32 MiB, and a fifth of a second where s3beat starts.
 *
 * **Source** https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#scrypt
 */
export const KEY_COST: KeyCost = { log2N: 15, r: 8, p: 3 }

/** What a name may be: the letters are Beats', and it must be one that a config can name. */
export const isName = (text: string): boolean => /^[A-Za-z_][A-Za-z0-9_.]{0,127}$/.test(text)

/**
 * Seals the entries, whose names are names.
 *
 * **Guarantee** A salt and a nonce that were never used before, so no key encrypts twice.
 *
 * **Not promised** That nobody without the passphrase sees how much the values are in all.
 */
export const seal = (entries: Entries, passphrase: Redacted.Redacted, cost = KEY_COST): Uint8Array => {
  const sorted = Array.from(entries).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const names = Buffer.from(sorted.map(([name]) => `${name}\n`).join(""))
  const fixed = Buffer.alloc(NAMES)
  MAGIC.copy(fixed)
  fixed.set([VERSION, cost.log2N, cost.r, cost.p], MAGIC.length)
  randomBytes(SALT_BYTES + NONCE_BYTES).copy(fixed, SALT)
  fixed.writeUInt32BE(names.length, NAMES - 4)
  const header = Buffer.concat([fixed, names])

  const values = Buffer.from(JSON.stringify(sorted.map(([, value]) => Redacted.value(value))))
  const key = deriveKey(header, passphrase)
  const cipher = createCipheriv(CIPHER, key, nonceOf(header), { authTagLength: TAG_BYTES }).setAAD(header)
  const sealed = Buffer.concat([header, cipher.update(values), cipher.final(), cipher.getAuthTag()])
  key.fill(0)
  values.fill(0)
  return Buffer.concat([sealed, digestOf(sealed)])
}

/**
 * The names in sealed bytes, in their order.
 *
 * **Not promised** That they are those that were sealed: only `unseal` can tell.
 */
export const names = (bytes: Uint8Array): Result.Result<ReadonlyArray<string>, SealFault> =>
  Result.map(take(bytes), ({ names }) => names)

/**
 * The entries in sealed bytes.
 *
 * **Guarantee** They are those that were sealed under this passphrase, to the last bit of what surrounds them.
 */
export const unseal = (bytes: Uint8Array, passphrase: Redacted.Redacted): Result.Result<Entries, SealFault> =>
  Result.flatMap(take(bytes), ({ header, names, tag, values }) => {
    if (!isAffordable(costOf(header))) return Result.fail("TooCostly")
    const key = deriveKey(header, passphrase)
    const decipher = createDecipheriv(CIPHER, key, nonceOf(header), { authTagLength: TAG_BYTES })
    decipher.setAAD(header).setAuthTag(tag)
    return Result.try({
      try: () => {
        const texts = parseTexts(Buffer.concat([decipher.update(values), decipher.final()]))
        return new Map(names.map((name, index) => [name, Redacted.make(texts[index] ?? "")]))
      },
      catch: (): SealFault => "WrongPassphrase"
    })
  })

const MAGIC = Buffer.from("s3beatKS")
const VERSION = 1
const CIPHER = "aes-256-gcm"
const KEY_BYTES = 32
const SALT_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16
const DIGEST_BYTES = 32

/** Where the parts of a header begin. */
const COST = MAGIC.length + 1
const SALT = COST + 3
const NONCE = SALT + SALT_BYTES
const NAMES = NONCE + NONCE_BYTES + 4

/** Some times what s3beat asks for itself: room to raise it, and no file can make it take the machine's memory or time. */
const MAX_KEY_MEMORY = 256 * 1024 * 1024
const MAX_KEY_WORK = 4 * MAX_KEY_MEMORY

/** Within our bounds and those of scrypt. **Source** RFC 7914 2 */
const isAffordable = ({ log2N, p, r }: KeyCost): boolean => {
  const memory = 128 * 2 ** log2N * r
  return log2N >= 1 && log2N < 16 * r && p >= 1 && memory <= MAX_KEY_MEMORY && memory * p <= MAX_KEY_WORK
}

interface Parts {
  /** Everything before the values. */
  readonly header: Buffer
  readonly names: ReadonlyArray<string>
  readonly values: Buffer
  readonly tag: Buffer
}

const take = (sealed: Uint8Array): Result.Result<Parts, SealFault> => {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length)
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return Result.fail("Foreign")
  const end = bytes.length - DIGEST_BYTES
  if (end < NAMES + TAG_BYTES || !digestOf(bytes.subarray(0, end)).equals(bytes.subarray(end))) {
    return Result.fail("Damaged")
  }
  if (bytes[MAGIC.length] !== VERSION) return Result.fail("Newer")
  const header = bytes.subarray(0, NAMES + bytes.readUInt32BE(NAMES - 4))
  const names = header.subarray(NAMES).toString("latin1").split("\n").slice(0, -1)
  return header.length <= end - TAG_BYTES && names.every(isName)
    ? Result.succeed({
        header,
        names,
        values: bytes.subarray(header.length, end - TAG_BYTES),
        tag: bytes.subarray(end - TAG_BYTES, end)
      })
    : Result.fail("Damaged")
}

const costOf = (header: Buffer): KeyCost => {
  const [log2N = 0, r = 0, p = 0] = header.subarray(COST, SALT)
  return { log2N, r, p }
}

const nonceOf = (header: Buffer): Buffer => header.subarray(NONCE, NONCE + NONCE_BYTES)

/** One thread waits for it: a command that has to ask for secrets can do nothing before. */
const deriveKey = (header: Buffer, passphrase: Redacted.Redacted): Buffer => {
  const { log2N, p, r } = costOf(header)
  // One passphrase may be typed in several ways: keyboards differ in how they compose é.
  const password = Redacted.value(passphrase).normalize("NFC")
  const salt = header.subarray(SALT, NONCE)
  return scryptSync(password, salt, KEY_BYTES, { N: 2 ** log2N, r, p, maxmem: 2 * MAX_KEY_MEMORY })
}

const digestOf = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest()

const parseTexts = (json: Buffer): ReadonlyArray<string> => {
  const value: unknown = JSON.parse(json.toString())
  json.fill(0)
  return Array.isArray(value) ? value.filter(Predicate.isString) : []
}
