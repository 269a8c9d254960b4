/**
 * `npm run bench -- NAME`: tables on stderr, lines of JSON on stdout.
 */
import { availableParallelism, cpus, totalmem } from "node:os"
import type { Bench } from "./bench.ts"
import { parseOptions, USAGE } from "./options.ts"

const benches: Readonly<Record<string, () => Promise<{ readonly run: Bench }>>> = {
  decode: () => import("./decode.ts"),
  pipeline: () => import("./pipeline.ts"),
  scaling: () => import("./scaling.ts"),
  workers: () => import("./workers.ts")
}

const machine = {
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  cores: availableParallelism(),
  memoryGigabytes: Math.round(totalmem() / 1e9)
}

const fail = (message: string) => {
  console.error(message)
  process.exitCode = 2
}

const main = async ({ isHelp, names, options }: ReturnType<typeof parseOptions>) => {
  const unknown = names.find((name) => benches[name] === undefined)
  if (isHelp) return console.error(USAGE)
  if (unknown !== undefined)
    return fail(`There is no bench ${unknown}: ${Object.keys(benches).join(", ")}.\n\n${USAGE}`)
  console.error(`Node ${machine.node} on ${machine.cores} cores of ${machine.cpu}, ${machine.memoryGigabytes} GB.`)
  for (const name of names.length === 0 ? Object.keys(benches) : names) {
    const bench = await benches[name]?.()
    await bench?.run(options, (result) =>
      console.log(JSON.stringify({ bench: name, at: new Date().toISOString(), machine, ...result }))
    )
  }
}

try {
  await main(parseOptions(process.argv.slice(2)))
} catch (error) {
  fail(error instanceof Error ? error.message : String(error))
}
