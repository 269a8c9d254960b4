/**
 * The GETs of a shape in the cheapest way that the SDK's public surface allows: `node cheapestSdk.ts ENDPOINT SHAPE OBJECTS`.
 */
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3"
import { measured } from "../measure.ts"
import { BUCKET } from "../server/s3.ts"
import { drained } from "./drained.ts"
import { getAll } from "./getAll.ts"
import { s3Config } from "./sdkClient.ts"

const [endpoint = "", shape = "", objects = ""] = process.argv.slice(2)

const client = new S3Client({ ...s3Config(endpoint), cacheMiddleware: true })
await measured(() =>
  getAll(shape, Number(objects), async (key) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }))
    return drained(Body)
  })
)
client.destroy()
