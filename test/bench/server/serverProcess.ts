/**
 * The server in a process of its own, told by messages of `AwsServer.ts`.
 */
import { readFile } from "node:fs/promises"
import { bodiesOf } from "../corpus.ts"
import { shapeNamed } from "../shapes.ts"
import type { Request, Reply, StartOptions } from "./AwsServer.ts"
import * as certificate from "./certificate.ts"
import { makeServer } from "./makeServer.ts"
import type { Objects, StoredBody } from "./s3.ts"

const reply = (message: Reply) => process.send?.(message)

const started: StartOptions = JSON.parse(process.argv[2] ?? "{}")
const made = started.isTls ? certificate.make(Date.now()) : undefined
const server = await makeServer({ latencyMillis: started.latencyMillis, certificate: made })

let loaded: { readonly key: string; readonly objects: Objects } | undefined
let cpuBefore = process.cpuUsage()

const load = async ({ messages, shape: name }: Extract<Request, { readonly _tag: "Begin" }>): Promise<Objects> => {
  const key = `${name} ${messages}`
  if (loaded?.key === key) return loaded.objects
  const shape = shapeNamed(name)
  const bodies = new Map<number, StoredBody>()
  for (const [number, body] of await bodiesOf(shape, messages)) {
    bodies.set(number, { ...body, stored: await readFile(body.path) })
  }
  loaded = { key, objects: { shape, bodies, checksum: started.checksum } }
  return loaded.objects
}

process.on("message", async (request: Request) => {
  if (request._tag === "Report") {
    const { system, user } = process.cpuUsage(cpuBefore)
    reply({ _tag: "Report", report: { ...server.report(), cpuSeconds: (user + system) / 1_000_000 } })
    return
  }
  const objects = await load(request)
  server.begin({
    objects,
    messages: request.messages,
    rate: request.rate,
    onFirstServed: () => {
      cpuBefore = process.cpuUsage()
      reply({ _tag: "FirstServed", at: Date.now() })
    },
    onAllDeleted: () => reply({ _tag: "AllDeleted", at: Date.now() })
  })
  cpuBefore = process.cpuUsage()
  reply({ _tag: "Begun" })
})
// Whoever started the server has ended.
process.on("disconnect", () => process.exit())

reply({ _tag: "Listening", endpoint: server.endpoint, cert: made?.cert })
