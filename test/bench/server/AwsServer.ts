/**
 * The server's process, from the outside.
 */
import { fork } from "node:child_process"
import { once } from "node:events"
import type { RunReport } from "./makeServer.ts"
import type { Checksum } from "./s3.ts"

/** How the server is for all of its life. */
export interface StartOptions {
  readonly latencyMillis: number
  readonly isTls: boolean
  readonly checksum: Checksum
}

/** What the process is told. */
export type Request =
  | { readonly _tag: "Begin"; readonly shape: string; readonly messages: number; readonly rate?: number | undefined }
  | { readonly _tag: "Report" }

/** What a run cost the server as well: not more than what it serves, or it is the server that is measured. */
export interface Report extends RunReport {
  readonly cpuSeconds: number
}

/** What the process tells. **Units** `at` in milliseconds since the epoch. */
export type Reply =
  | { readonly _tag: "Listening"; readonly endpoint: string; readonly cert: string | undefined }
  | { readonly _tag: "Begun" }
  | { readonly _tag: "FirstServed"; readonly at: number }
  | { readonly _tag: "AllDeleted"; readonly at: number }
  | { readonly _tag: "Report"; readonly report: Report }

/** A run that was begun. **Units** Milliseconds since the epoch. */
export interface BegunRun {
  readonly firstServed: Promise<number>
  readonly allDeleted: Promise<number>
}

/** The running server. `cert` is its certificate in PEM, when it speaks TLS. */
export interface AwsServer extends AsyncDisposable {
  readonly endpoint: string
  readonly cert: string | undefined
  readonly begin: (run: Omit<Extract<Request, { readonly _tag: "Begin" }>, "_tag">) => Promise<BegunRun>
  readonly report: () => Promise<Report>
}

/** Starts the process; disposing ends it. */
export const start = async (options: StartOptions): Promise<AwsServer> => {
  const child = fork(new URL("serverProcess.ts", import.meta.url), [JSON.stringify(options)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"]
  })
  child.setMaxListeners(20)

  const next = <Tag extends Reply["_tag"]>(tag: Tag): Promise<Extract<Reply, { readonly _tag: Tag }>> =>
    new Promise((resolve, reject) => {
      const ended = () => reject(new Error("The server of the benchmark has ended."))
      const listen = (reply: Reply) => {
        if (!isTagged(reply, tag)) return
        child.off("message", listen)
        child.off("exit", ended)
        resolve(reply)
      }
      child.on("message", listen)
      child.once("exit", ended)
    })

  const ask = <Tag extends Reply["_tag"]>(request: Request, tag: Tag) => {
    const answer = next(tag)
    child.send(request)
    return answer
  }

  const timeOf = (tag: "FirstServed" | "AllDeleted") => {
    const at = next(tag).then(({ at }) => at)
    // Nobody may be waiting for it when the server ends.
    at.catch(() => {})
    return at
  }

  const { cert, endpoint } = await next("Listening")
  return {
    endpoint,
    cert,
    begin: async (options) => {
      const run = { firstServed: timeOf("FirstServed"), allDeleted: timeOf("AllDeleted") }
      await ask({ _tag: "Begin", ...options }, "Begun")
      return run
    },
    report: async () => (await ask({ _tag: "Report" }, "Report")).report,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill()
      await once(child, "exit")
    }
  }
}

const isTagged = <Tag extends Reply["_tag"]>(reply: Reply, tag: Tag): reply is Extract<Reply, { readonly _tag: Tag }> =>
  reply._tag === tag
