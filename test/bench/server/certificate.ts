/**
 * A certificate for 127.0.0.1, signed by itself, made anew each time: no key lies in the repository.
 *
 * **Source** RFC 5280 4.1 for the fields, X.690 for their encoding.
 */
import { generateKeyPairSync, sign } from "node:crypto"

/** In PEM, as `node:tls` takes them. */
export interface Certificate {
  readonly key: string
  readonly cert: string
}

/** A certificate that is good from a day ago for a month. */
export const make = (now: number): Certificate => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const name = sequence(set(sequence(COMMON_NAME, der(0x0c, Buffer.from("s3beat bench")))))
  const unsigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    sequence(ECDSA_WITH_SHA256),
    name,
    sequence(utcTime(now - DAY), utcTime(now + 30 * DAY)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(extension(SUBJECT_ALT_NAME, sequence(der(0x87, Buffer.from([127, 0, 0, 1]))))))
  )
  const signature = sign("sha256", unsigned, privateKey)
  const certificate = sequence(
    unsigned,
    sequence(ECDSA_WITH_SHA256),
    der(0x03, Buffer.concat([Buffer.from([0]), signature]))
  )
  const lines = certificate.toString("base64").replaceAll(/.{64}/gu, "$&\n")
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
  }
}

const DAY = 86_400_000

/** A value with its tag and length. */
const der = (tag: number, ...values: ReadonlyArray<Buffer>): Buffer => {
  const value = Buffer.concat(values)
  if (value.length < 0x80) return Buffer.concat([Buffer.from([tag, value.length]), value])
  return Buffer.concat([Buffer.from([tag, 0x82, value.length >> 8, value.length & 0xff]), value])
}

const sequence = (...values: ReadonlyArray<Buffer>) => der(0x30, ...values)

const set = (...values: ReadonlyArray<Buffer>) => der(0x31, ...values)

const extension = (id: Buffer, value: Buffer) => sequence(id, der(0x04, value))

/** As in 260102030405Z. */
const utcTime = (at: number) =>
  der(0x17, Buffer.from(`${new Date(at).toISOString().slice(2, 19).replaceAll(/[-:T]/gu, "")}Z`))

/** 2.5.4.3, 1.2.840.10045.4.3.2 and 2.5.29.17. */
const COMMON_NAME = der(0x06, Buffer.from([0x55, 0x04, 0x03]))
const ECDSA_WITH_SHA256 = der(0x06, Buffer.from([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]))
const SUBJECT_ALT_NAME = der(0x06, Buffer.from([0x55, 0x1d, 0x11]))
