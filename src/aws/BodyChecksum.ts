/**
 * The checksum that S3 keeps of an object, computed again of the bytes that came.
 *
 * The SDK would do so too, in a stream around the body and, for the checksum that S3 computes by default, at 3 CPU-seconds a GB.
 *
 * **Source** https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
import { createHash } from "node:crypto"
import { crc32 } from "node:zlib"
import { crc32c, crc64Nvme } from "./Crc.ts"
import type { HttpHeaders } from "./HttpExchange.ts"

/** The bytes so far. **Shape** `digest` is Base64, as in S3's headers, and ends the computation. */
export interface Digest {
  readonly update: (bytes: Uint8Array) => void
  readonly digest: () => string
}

/** A checksum that is being compared. */
export interface BodyChecksum {
  readonly update: (bytes: Uint8Array) => void

  /** What is wrong with the bytes, once all have come; undefined if nothing is. */
  readonly mismatch: () => string | undefined
}

const crc32OfNode = (): Digest => {
  let crc = 0
  return {
    update: (bytes) => {
      crc = crc32(bytes, crc)
    },
    digest: () => {
      const digest = Buffer.allocUnsafe(4)
      digest.writeUInt32BE(crc)
      return digest.toString("base64")
    }
  }
}

const hashed = (algorithm: string): Digest => {
  const hash = createHash(algorithm)
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("base64") }
}

/** What S3's headers call a checksum, the likeliest first: an object has one of them. */
const algorithms: ReadonlyArray<readonly [header: string, make: () => Digest]> = [
  ["x-amz-checksum-crc64nvme", crc64Nvme],
  ["x-amz-checksum-crc32", crc32OfNode],
  ["x-amz-checksum-crc32c", crc32c],
  ["x-amz-checksum-sha256", () => hashed("sha256")],
  ["x-amz-checksum-sha1", () => hashed("sha1")]
]

/** The checksum of the parts' checksums, and how many there were: of the body as a whole it says nothing. */
const isComposite = (value: string) => value.includes("-")

/**
 * What the body of this answer is to be compared with; undefined where S3 tells no checksum of the whole of it.
 */
export const ofAnswer = (headers: HttpHeaders): BodyChecksum | undefined => {
  for (const [header, make] of algorithms) {
    const expected = headers[header]
    if (typeof expected !== "string" || isComposite(expected)) continue
    const { digest, update } = make()
    return {
      update,
      mismatch: () => {
        const actual = digest()
        return actual === expected
          ? undefined
          : `Checksum mismatch: expected ${expected} but received ${actual} as ${header}`
      }
    }
  }
  return undefined
}
