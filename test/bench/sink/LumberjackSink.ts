/**
 * The sink's process, from the outside.
 */
import { fork } from "node:child_process"
import { once } from "node:events"

/** A running sink. */
export interface LumberjackSink extends AsyncDisposable {
  readonly port: number
  /** How many events it has acknowledged. */
  readonly arrived: () => Promise<number>
}

/** Starts it on 127.0.0.1; disposing ends it. */
export const start = async (): Promise<LumberjackSink> => {
  const child = fork(new URL("sinkProcess.ts", import.meta.url), { stdio: ["ignore", "ignore", "inherit", "ipc"] })
  const [{ port }] = await once(child, "message")
  return {
    port,
    arrived: async () => {
      const told = once(child, "message")
      child.send("report")
      const [{ events }] = await told
      return events
    },
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await once(child, "exit")
    }
  }
}
