/**
 * CloudTrail documents of any size, always the same for the same size.
 */
import { createHash } from "node:crypto"

/** One of a thousand events that read like CloudTrail's, some 1.2 KB each, with ids of its own. */
const record = (index: number): string => {
  const digest = createHash("sha256").update(String(index)).digest("hex")
  const pick = <A>(choices: readonly [A, ...Array<A>], at: number): A =>
    choices[Number.parseInt(digest.slice(at, at + 4), 16) % choices.length] ?? choices[0]
  const uuid = (at: number) =>
    digest.slice(at, at + 36).replaceAll(/^(.{8}).(.{4}).(.{4}).(.{4}).(.{12}).*$/gu, "$1-$2-$3-$4-$5")
  const user = pick(["alice", "bob", "deployment-pipeline", "Zoë", "terraform"], 0)
  const service = pick(["s3", "ec2", "lambda", "sts", "iam", "kms", "dynamodb"], 4)
  const name = pick(
    ["GetObject", "DescribeInstances", "Invoke20150331", "AssumeRole", "ListRoles", "Decrypt", "PutItem"],
    8
  )
  const bucket = `production-logs-${digest.slice(12, 20)}`
  const host = `${bucket}.${service}.eu-central-1.amazonaws.com`
  return JSON.stringify({
    eventVersion: "1.08",
    userIdentity: {
      type: "AssumedRole",
      principalId: `AROA${digest.slice(0, 16).toUpperCase()}:${user}`,
      arn: `arn:aws:sts::111122223333:assumed-role/${user}-role/${user}`,
      accountId: "111122223333",
      accessKeyId: `ASIA${digest.slice(16, 32).toUpperCase()}`,
      sessionContext: { attributes: { creationDate: "2026-01-02T03:04:05Z", mfaAuthenticated: "false" } }
    },
    eventTime: new Date(Date.UTC(2026, 0, 2) + index * 137).toISOString(),
    eventSource: `${service}.amazonaws.com`,
    eventName: name,
    awsRegion: "eu-central-1",
    sourceIPAddress: `10.${index % 256}.${(index >> 8) % 256}.${(index >> 16) % 256}`,
    userAgent: pick(
      ["[aws-sdk-js/3.1175.0 ua/2.1 os/linux#6.8 lang/js]", "Boto3/1.34.2 md/Botocore#1.34.2", "console"],
      24
    ),
    requestParameters:
      index % 5 === 0
        ? { policy: JSON.stringify({ Statement: [{ Effect: "Allow", Action: `${service}:${name}`, Resource: "*" }] }) }
        : { bucketName: bucket, key: `AWSLogs/111122223333/${digest.slice(20, 52)}.json.gz`, Host: host },
    responseElements: null,
    additionalEventData: { SignatureVersion: "SigV4", bytesTransferredIn: 0, bytesTransferredOut: index % 65_536 },
    requestID: uuid(8),
    eventID: uuid(20),
    readOnly: index % 3 !== 0,
    resources: [{ accountId: "111122223333", type: "AWS::S3::Bucket", ARN: `arn:aws:s3:::${bucket}` }],
    eventType: "AwsApiCall",
    managementEvent: true,
    recipientAccountId: "111122223333",
    eventCategory: "Management",
    tlsDetails: { tlsVersion: "TLSv1.3", cipherSuite: "TLS_AES_128_GCM_SHA256", clientProvidedHostHeader: host }
  })
}

/** A document on one line, of `size` bytes or a record more, in pieces. */
export function* cloudTrailDocument(size: number): Generator<string> {
  yield '{"Records":['
  for (let index = 0, written = 0; written < size; index++) {
    const piece = index === 0 ? record(index) : `,${record(index)}`
    written += piece.length
    yield piece
  }
  yield "]}"
}
