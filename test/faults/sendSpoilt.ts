/**
 * An answer of AWS on its way back, spoilt or not.
 */
import { setTimeout } from "node:timers/promises"
import type { ServerResponse } from "node:http"
import type { Act } from "./Fault.ts"
import type { UpstreamAnswer } from "./forward.ts"

/** Sends the answer as the fault would have it; as it is, without one. */
export const sendSpoilt = async (
  response: ServerResponse,
  { body, headers, status }: UpstreamAnswer,
  act: Act | undefined
): Promise<void> => {
  const { connection: _, "keep-alive": __, "transfer-encoding": ___, ...kept } = headers
  const head = (length = body.byteLength) => {
    // A HEAD has no body, and its length is that of what is not sent.
    const told = body.byteLength === 0 ? headers["content-length"] : length
    response.writeHead(status, told === undefined ? kept : { ...kept, "content-length": told })
    response.flushHeaders()
  }
  const begin = (at: number) =>
    new Promise<void>((resolve) => {
      head()
      // Only what was handed to the system reaches the other side before a reset.
      response.write(body.subarray(0, at), () => resolve())
    })

  switch (act?._tag) {
    case "LoseAnswer":
      return void response.socket?.resetAndDestroy()
    case "Delay":
      await setTimeout(act.millis)
      break
    case "Reset":
      await begin(act.at)
      return void response.socket?.resetAndDestroy()
    case "Truncate":
      await begin(act.at)
      return void response.socket?.end()
    case "Stall":
      await begin(act.at)
      await setTimeout(act.millis)
      return void response.end(body.subarray(act.at))
    case "WrongLength": {
      const length = Math.max(0, body.byteLength + act.by)
      // What was not sent would else begin the next answer.
      response.setHeader("connection", "close")
      head(length)
      return void response.write(body.subarray(0, length), () => response.socket?.end())
    }
  }
  if (response.destroyed) return
  head()
  response.end(body)
}
