/**
 * A server of Lumberjack v2 that acknowledges and forgets, in a process of its own.
 */
import { createServer } from "node:net"
import { makeReader } from "./lumberjack.ts"

let events = 0

const server = createServer({ noDelay: true }, (socket) => {
  const reader = makeReader()
  let counted = 0
  socket.on("data", (bytes: Buffer) => {
    for (const ack of reader.push(bytes)) socket.write(ack)
    events += reader.events() - counted
    counted = reader.events()
  })
  // The daemon closes its connections as it likes.
  socket.on("error", () => {})
})

process.on("message", () => process.send?.({ events }))
process.on("disconnect", () => process.exit())
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  process.send?.({ port: typeof address === "object" && address !== null ? address.port : 0 })
})
