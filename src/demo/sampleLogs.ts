/**
 * Logs as AWS and its users write them, made up: CloudTrail, VPC flow logs, load balancer lines, and an application's NDJSON.
 */
import { gzipSync } from "node:zlib"
import type { Pseudorandom } from "./Pseudorandom.ts"

/** The kinds of logs. */
export type Kind = "CloudTrail" | "VPC flow" | "ALB" | "NDJSON"

/** One object to upload, and the records that are in it, in order. */
export interface SampleLog {
  readonly kind: Kind
  readonly key: string
  readonly bytes: Uint8Array
  readonly records: ReadonlyArray<string>
}

/** When the logs were written. */
const BEGIN = Date.UTC(2026, 10, 24, 9)

const ACCOUNT = "111111111111"
const REGION = "us-east-1"

/** The `index`th object of a kind: every kind has its own layout of keys, as AWS lays them out. */
export const sampleLog = (kind: Kind, index: number, random: Pseudorandom): SampleLog => {
  const at = new Date(BEGIN + index * 300_000)
  switch (kind) {
    case "CloudTrail":
      return cloudTrail(at, random)
    case "VPC flow":
      return vpcFlow(at, random)
    case "ALB":
      return loadBalancer(at, random)
    case "NDJSON":
      return application(at, index, random)
  }
}

const day = (at: Date) => at.toISOString().slice(0, 10).replaceAll("-", "/")

const compact = (at: Date) => at.toISOString().slice(0, 16).replaceAll(/[-:]/gu, "")

const address = (random: Pseudorandom) => `10.${random.int(256)}.${random.int(256)}.${random.int(254) + 1}`

const times = <A>(count: number, make: (index: number) => A): ReadonlyArray<A> =>
  Array.from({ length: count }, (_, index) => make(index))

/** One JSON document on one line, gzipped: the records are the items of `Records`. */
const cloudTrail = (at: Date, random: Pseudorandom): SampleLog => {
  const records = times(50 + random.int(150), (index) => {
    const [source, name] = random.pick([
      ["s3.amazonaws.com", "GetBucketLocation"],
      ["ec2.amazonaws.com", "DescribeInstances"],
      ["iam.amazonaws.com", "ListAttachedRolePolicies"],
      ["sts.amazonaws.com", "AssumeRole"],
      ["kms.amazonaws.com", "Decrypt"]
    ])
    return JSON.stringify({
      eventVersion: "1.11",
      userIdentity: {
        type: "AssumedRole",
        principalId: `AROA${random.hex(17).toUpperCase()}:deploy`,
        arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Deploy/deploy`,
        accountId: ACCOUNT,
        sessionContext: { attributes: { creationDate: at.toISOString(), mfaAuthenticated: "false" } }
      },
      eventTime: new Date(at.getTime() + index * 1000).toISOString(),
      eventSource: source,
      eventName: name,
      awsRegion: REGION,
      sourceIPAddress: address(random),
      userAgent: '[aws-cli/2.31.2 md/"prompt#off" lang/python#3.13]',
      requestParameters: { name: "naïve – résumé 日本", path: "C:\\logs\\today", limit: random.int(1000) },
      responseElements: null,
      requestID: `${random.hex(8)}-${random.hex(4)}-${random.hex(4)}`,
      eventID: `${random.hex(8)}-${random.hex(4)}-${random.hex(12)}`,
      readOnly: true,
      eventType: "AwsApiCall",
      recipientAccountId: ACCOUNT
    })
  })
  return {
    kind: "CloudTrail",
    key: `AWSLogs/${ACCOUNT}/CloudTrail/${REGION}/${day(at)}/${ACCOUNT}_CloudTrail_${REGION}_${compact(at)}Z_${random.hex(16)}.json.gz`,
    bytes: gzipSync(`{"Records":[${records.join(",")}]}`),
    records
  }
}

/** Lines, gzipped. The first names the columns, and is a record like the others. */
const vpcFlow = (at: Date, random: Pseudorandom): SampleLog => {
  const header =
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
  const begin = Math.floor(at.getTime() / 1000)
  const flows = times(500 + random.int(500), () => {
    const start = begin + random.int(240)
    return `2 ${ACCOUNT} eni-${random.hex(17)} ${address(random)} ${address(random)} ${random.int(64_000) + 1024} ${random.pick([443, 22, 5432, 53])} 6 ${random.int(90) + 1} ${random.int(90_000) + 40} ${start} ${start + 60} ${random.pick(["ACCEPT", "ACCEPT", "REJECT"])} OK`
  })
  const records = [header, ...flows]
  return {
    kind: "VPC flow",
    key: `AWSLogs/${ACCOUNT}/vpcflowlogs/${REGION}/${day(at)}/${ACCOUNT}_vpcflowlogs_${REGION}_fl-${random.hex(17)}_${compact(at)}Z_${random.hex(8)}.log.gz`,
    bytes: gzipSync(records.map((record) => `${record}\n`).join("")),
    records
  }
}

/** Lines, gzipped, the last without an end. */
const loadBalancer = (at: Date, random: Pseudorandom): SampleLog => {
  const records = times(100 + random.int(200), (index) => {
    const time = new Date(at.getTime() + index * 500).toISOString()
    const status = random.pick([200, 200, 200, 304, 404, 502])
    return `https ${time} app/web/${random.hex(16)} ${address(random)}:${random.int(60_000) + 1024} ${address(random)}:8080 0.001 0.0${random.int(90) + 10} 0.000 ${status} ${status} ${random.int(900)} ${random.int(9000)} "GET https://shop.example:443/item?q=%C3%A9t%C3%A9&n=${random.int(99)} HTTP/2.0" "Mozilla/5.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.3 "Root=1-${random.hex(8)}-${random.hex(24)}"`
  })
  return {
    kind: "ALB",
    key: `AWSLogs/${ACCOUNT}/elasticloadbalancing/${REGION}/${day(at)}/${ACCOUNT}_elasticloadbalancing_${REGION}_app.web.${random.hex(16)}_${compact(at)}Z_${address(random)}_${random.hex(8)}.log.gz`,
    bytes: gzipSync(records.join("\n")),
    records
  }
}

/** Lines of JSON, not compressed, with CRLF ends, and in a key that S3 must encode in its notification. */
const application = (at: Date, index: number, random: Pseudorandom): SampleLog => {
  const records = times(20 + random.int(80), (line) =>
    JSON.stringify({
      time: new Date(at.getTime() + line * 100).toISOString(),
      level: random.pick(["info", "warn", "error"]),
      message: random.pick([
        "café ☕ served",
        "注文を受け付けました",
        "Größe geändert 📏",
        "e\u0301te\u0301 \u0000 done",
        'said "no"\\n'
      ]),
      trace: random.hex(32)
    })
  )
  return {
    kind: "NDJSON",
    key: `app logs/größe+${index}/${at.toISOString()} ünï.ndjson`,
    bytes: Buffer.from(records.map((record) => `${record}\r\n`).join("")),
    records
  }
}
