/**
 * The log of an application as NDJSON, of any length, always the same for the same length.
 */
import { make } from "../../../src/demo/Pseudorandom.ts"

/** Lines of some 300 bytes, `size` bytes or a line more in all, in pieces. */
export function* applicationLog(size: number): Generator<string> {
  const random = make(2)
  for (let index = 0, written = 0; written < size; index++) {
    const line = `${JSON.stringify({
      time: new Date(Date.UTC(2026, 0, 2) + index * 7).toISOString(),
      level: random.pick(["INFO", "INFO", "INFO", "WARN", "ERROR"]),
      logger: random.pick(["http.server", "orders.OrderService", "payments.Gateway", "auth.Sessions"]),
      thread: `worker-${random.int(16)}`,
      message: `${random.pick(MESSAGES)} ${random.hex(8)}`,
      traceId: random.hex(32),
      durationMs: random.int(900),
      path: `/v1/${random.pick(["orders", "payments", "sessions"])}/${random.int(100_000)}?page="${random.int(9)}"`,
      status: random.pick([200, 200, 200, 404, 503])
    })}\n`
    written += line.length
    yield line
  }
}

const MESSAGES = [
  "Request served for",
  "Retrying the call to the payment provider, order",
  "Session renewed for user",
  "Could not reach the upstream service, request"
] as const
