/**
 * The least that the work of a shape can cost, part by part, each in a process of its own.
 */
import { join } from "node:path"
import { type Measurement, measure } from "./measure.ts"
import type { AwsServer } from "./server/AwsServer.ts"

/** What there is to be measured against. */
export type Floor = "gunzip" | "bareSdk" | "bareHttp" | "cheapestSdk" | "naive"

/** What each one is, for a table. */
export const titles: Readonly<Record<Floor, string>> = {
  gunzip: "gunzip + byte pass + write",
  bareSdk: "GETs, bare SDK",
  bareHttp: "GETs, bare HTTP, signed",
  cheapestSdk: "GETs, cheapest SDK",
  naive: "naive loop"
}

/** The work of a shape. */
export interface FloorOptions {
  readonly server: AwsServer
  readonly directory: string
  readonly shape: string
  readonly objects: number
}

/** Does the work once. */
export const runFloor = async (floor: Floor, options: FloorOptions): Promise<Measurement> => {
  const { directory, objects, server, shape } = options
  const file = join(directory, "floor")
  const work = [shape, String(objects)]
  if (floor === "gunzip") return measure(script("gunzipAndWrite"), ...work, file)
  await server.begin({ shape, messages: objects })
  return measure(script(floor === "naive" ? "naiveLoop" : floor), server.endpoint, ...work, file)
}

const script = (name: string) => new URL(`floor/${name}.ts`, import.meta.url)
