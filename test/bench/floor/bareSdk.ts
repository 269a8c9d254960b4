/**
 * The GETs of a shape through one client of the AWS SDK, as it comes but for enough sockets, each body drained:
 * `node bareSdk.ts ENDPOINT SHAPE OBJECTS` counts the stored bytes.
 */
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3"
import { measured } from "../measure.ts"
import { BUCKET } from "../server/s3.ts"
import { drained } from "./drained.ts"
import { getAll } from "./getAll.ts"
import { s3Config } from "./sdkClient.ts"

const [endpoint = "", shape = "", objects = ""] = process.argv.slice(2)

const client = new S3Client(s3Config(endpoint))
await measured(() =>
  getAll(shape, Number(objects), async (key) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }))
    return drained(Body)
  })
)
client.destroy()
