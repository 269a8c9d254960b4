/**
 * Signature Version 4 of a GET, with nothing around it.
 *
 * **Source** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
import { createHash, createHmac, hash } from "node:crypto"

/** Who signs, and for what. */
export interface Signer {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
  readonly host: string
}

/**
 * The headers of a GET at `now`, milliseconds since the epoch.
 *
 * **Shape** `path` and `query` as they are sent, encoded; of more than one parameter the query has to be in order.
 */
export type SignedHeaders = (path: string, query: string, now: number) => Readonly<Record<string, string>>

const EMPTY = createHash("sha256").digest("hex")

const SIGNED = "host;x-amz-checksum-mode;x-amz-content-sha256;x-amz-date"

/** Signs as `signer`. The key of a day is made once. */
export const signedHeaders = (signer: Signer): SignedHeaders => {
  let dayOfKey = ""
  let key: Buffer = Buffer.alloc(0)
  return (path, query, now) => {
    const date = new Date(now).toISOString().replaceAll(/[-:]|\.\d{3}/gu, "")
    const day = date.slice(0, 8)
    const scope = `${day}/${signer.region}/s3/aws4_request`
    if (day !== dayOfKey) {
      key = scope
        .split("/")
        .reduce<Buffer>((key, part) => hmac(key, part), Buffer.from(`AWS4${signer.secretAccessKey}`))
      dayOfKey = day
    }
    const request =
      `GET\n${path}\n${query}\nhost:${signer.host}\nx-amz-checksum-mode:ENABLED\nx-amz-content-sha256:${EMPTY}\n` +
      `x-amz-date:${date}\n\n${SIGNED}\n${EMPTY}`
    const signature = hmac(key, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash("sha256", request)}`).toString("hex")
    return {
      host: signer.host,
      "x-amz-checksum-mode": "ENABLED",
      "x-amz-content-sha256": EMPTY,
      "x-amz-date": date,
      authorization: `AWS4-HMAC-SHA256 Credential=${signer.accessKeyId}/${scope}, SignedHeaders=${SIGNED}, Signature=${signature}`
    }
  }
}

const hmac = (key: Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest()
