/**
 * The GETs of a shape through Node's own HTTP client, signed, each body drained and nothing checked:
 * `node bareHttp.ts ENDPOINT SHAPE OBJECTS` counts the stored bytes.
 */
import * as http from "node:http"
import * as https from "node:https"
import { measured } from "../measure.ts"
import { BUCKET } from "../server/s3.ts"
import { drained } from "./drained.ts"
import { CONCURRENCY, getAll } from "./getAll.ts"
import { connection } from "./sdkClient.ts"
import { signedHeaders } from "./signedHeaders.ts"

const [endpoint = "", shape = "", objects = ""] = process.argv.slice(2)

const { host, hostname, port, protocol } = new URL(endpoint)
const { request, Agent } = protocol === "https:" ? https : http
const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY })
const { credentials, region } = connection(endpoint)
const sign = signedHeaders({ ...credentials, region, host })

const get = (key: string) =>
  new Promise<number>((resolve, reject) => {
    const path = `/${BUCKET}/${key}`
    request({ hostname, port, path, agent, headers: sign(path, "", Date.now()) }, (response) => {
      if (response.statusCode === 200) drained(response).then(resolve, reject)
      else reject(new Error(`HTTP ${response.statusCode}`))
    })
      .on("error", reject)
      .end()
  })

await measured(() => getAll(shape, Number(objects), get))
agent.destroy()
