/**
 * Certificates for tests, made as they are needed: an authority, and what it signs. No file with a key has to be kept, and
 * none can expire.
 *
 * **Source** RFC 5280 for what stands in a certificate, ITU-T X.690 for how it is written (DER)
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto"
import { isIP } from "node:net"

/** A certificate and its private key, as PEM. */
export interface Certified {
  readonly certificate: string
  readonly key: string
}

/** For whom a certificate is, and until when. */
export interface CertificateRequest {
  readonly commonName: string
  /** Names and addresses that it is for; none, unless given. */
  readonly names?: ReadonlyArray<string>
  readonly notBefore?: Date
  readonly notAfter?: Date
}

/** Who signs certificates. */
export interface Authority extends Certified {
  /** SHA-256 of its certificate, in small hex digits. */
  readonly fingerprint: string
  readonly issue: (request: CertificateRequest) => Certified
}

/** An authority that nobody trusts yet. */
export const makeAuthority = (commonName: string): Authority => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const der = certificate({ commonName }, publicKey, { commonName, privateKey }, true)
  return {
    certificate: pem(der),
    key: keyPem(privateKey),
    fingerprint: createHash("sha256").update(der).digest("hex"),
    issue: (request) => {
      const pair = generateKeyPairSync("ec", { namedCurve: "P-256" })
      return {
        certificate: pem(certificate(request, pair.publicKey, { commonName, privateKey }, false)),
        key: keyPem(pair.privateKey)
      }
    }
  }
}

const keyPem = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString()

const pem = (der: Buffer): string =>
  [
    "-----BEGIN CERTIFICATE-----",
    ...(der.toString("base64").match(/.{1,64}/g) ?? []),
    "-----END CERTIFICATE-----",
    ""
  ].join("\n")

interface Issuer {
  readonly commonName: string
  readonly privateKey: KeyObject
}

const YEAR = 365 * 24 * 3_600_000

const certificate = (
  { commonName, names = [], notAfter, notBefore }: CertificateRequest,
  publicKey: KeyObject,
  issuer: Issuer,
  isAuthority: boolean
): Buffer => {
  const extensions = [
    // What is no authority says so too, that nothing is left to guess.
    extension("551d13", sequence(...(isAuthority ? [tagged(0x01, Buffer.of(0xff))] : []))),
    ...(names.length === 0 ? [] : [extension("551d11", sequence(...names.map(alternativeName)))])
  ]
  const content = sequence(
    tagged(0xa0, tagged(0x02, Buffer.of(2))),
    tagged(0x02, Buffer.concat([Buffer.of(0x01), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    distinguishedName(issuer.commonName),
    sequence(time(notBefore ?? new Date(Date.now() - YEAR)), time(notAfter ?? new Date(Date.now() + YEAR))),
    distinguishedName(commonName),
    publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(...extensions))
  )
  const signature = sign("sha256", content, issuer.privateKey)
  return sequence(content, ECDSA_WITH_SHA256, tagged(0x03, Buffer.concat([Buffer.of(0), signature])))
}

const tagged = (tag: number, content: Buffer): Buffer => {
  const { length } = content
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...head), content])
}

const sequence = (...parts: ReadonlyArray<Buffer>) => tagged(0x30, Buffer.concat(parts))

const identifier = (hex: string) => tagged(0x06, Buffer.from(hex, "hex"))

/** 1.2.840.10045.4.3.2 */
const ECDSA_WITH_SHA256 = sequence(identifier("2a8648ce3d040302"))

/** `CN=…`, 2.5.4.3, as UTF8String. */
const distinguishedName = (commonName: string) =>
  sequence(tagged(0x31, sequence(identifier("550403"), tagged(0x0c, Buffer.from(commonName)))))

const extension = (oid: string, value: Buffer) => sequence(identifier(oid), tagged(0x04, value))

const alternativeName = (name: string) =>
  isIP(name) === 4 ? tagged(0x87, Buffer.from(name.split(".").map(Number))) : tagged(0x82, Buffer.from(name))

/** GeneralizedTime, to the second. */
const time = (date: Date) => tagged(0x18, Buffer.from(`${date.toISOString().replaceAll(/[-T:]|\..*/g, "")}Z`))
