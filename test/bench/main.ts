/**
 * `npm run bench -- NAME`: one benchmark, a table on stderr and one line of JSON on stdout.
 */
const benches: Readonly<Record<string, () => Promise<{ readonly run: () => Promise<unknown> }>>> = {
  decode: () => import("./decode.ts")
}

const name = process.argv[2] ?? ""
const bench = benches[name]
if (bench === undefined) {
  console.error(`Usage: npm run bench -- NAME, with NAME one of: ${Object.keys(benches).join(", ")}`)
  process.exitCode = 2
} else {
  const { run } = await bench()
  console.log(JSON.stringify({ bench: name, node: process.version, result: await run() }))
}
