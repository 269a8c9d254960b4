/**
 * The loop that everyone writes first: receive with the SDK's defaults, and for each message one GetObject, gunzip, an event for each of
 * CloudTrail's records, an append to a file and one DeleteMessage. `node naiveLoop.ts ENDPOINT SHAPE OBJECTS FILE` counts the messages.
 */
import { appendFile } from "node:fs/promises"
import { gunzipSync } from "node:zlib"
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3"
import { DeleteMessageCommand, type Message, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs"
import { measured } from "../measure.ts"
import { ACCOUNT, QUEUE } from "../server/sqs.ts"
import { connection } from "./sdkClient.ts"

const [endpoint = "", , objects = "", file = ""] = process.argv.slice(2)

const s3 = new S3Client({ ...connection(endpoint), forcePathStyle: true })
const sqs = new SQSClient(connection(endpoint))
const queue = { QueueUrl: `${endpoint}/${ACCOUNT}/${QUEUE}` }

const ship = async ({ Body = "", ReceiptHandle }: Message) => {
  for (const record of JSON.parse(Body).Records) {
    const { bucket, object } = record.s3
    const { Body: body } = await s3.send(new GetObjectCommand({ Bucket: bucket.name, Key: object.key }))
    const stored = await body?.transformToByteArray()
    if (stored === undefined) throw new Error("S3 answered without a body")
    const { Records: events } = JSON.parse(gunzipSync(stored).toString())
    const lines = events.map((event: unknown) => eventLine(bucket.name, object.key, event))
    await appendFile(file, lines.join(""))
  }
  await sqs.send(new DeleteMessageCommand({ ...queue, ReceiptHandle }))
}

const eventLine = (bucket: string, key: string, event: unknown) =>
  `${JSON.stringify({ "@timestamp": new Date(), message: JSON.stringify(event), aws: { s3: { bucket, key } } })}\n`

await measured(async () => {
  let shipped = 0
  while (shipped < Number(objects)) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ ...queue, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 })
    )
    await Promise.all(Messages.map(ship))
    shipped += Messages.length
  }
  return shipped
})
s3.destroy()
sqs.destroy()
