/**
 * What a queue announces: so many objects, of such sizes and formats.
 */
import { applicationLog } from "./logs/applicationLog.ts"
import { cloudTrailDocument } from "./logs/cloudTrail.ts"
import { vpcFlowLog } from "./logs/vpcFlow.ts"

/** The bytes of one object; many keys hold the same. **Units** `size` in decompressed bytes. */
export interface BodyPlan {
  readonly format: "cloudtrail" | "vpcflow" | "ndjson"
  readonly size: number
}

/** What a run reads. */
export interface Shape {
  readonly name: string
  readonly description: string
  /** How many objects a run reads, and how many a quick one. */
  readonly objects: number
  readonly quickObjects: number
  /** How many workers the daemon has for it, unless a flag says otherwise. */
  readonly workers: number
  /** Every object has one of these bodies. A quick run of a single object has the first. */
  readonly bodies: ReadonlyArray<BodyPlan>
  /** Which body the object of this number has. */
  readonly bodyOf: (index: number) => number
}

const KB = 1000
const MB = 1000 * KB

/** The text of a body, in pieces. */
export const textOf = ({ format, size }: BodyPlan): Generator<string> => {
  switch (format) {
    case "cloudtrail":
      return cloudTrailDocument(size)
    case "vpcflow":
      return vpcFlowLog(size)
    case "ndjson":
      return applicationLog(size)
  }
}

/** A shape whose objects are all alike. */
const uniform = (shape: Omit<Shape, "workers" | "bodies" | "bodyOf"> & { readonly body: BodyPlan }): Shape => {
  const { body, ...others } = shape
  return { ...others, workers: 1, bodies: [body], bodyOf: () => 0 }
}

/** Bodies of up to 577 MB decompressed, some 52 MB stored, each twice as large as the one before. */
const LADDER = Array.from({ length: 19 }, (_, step) => 2.2 * KB * 2 ** step)

/** CloudTrail shrinks so many times. */
const EXPANSION = 11

/**
 * Stored sizes are log-normal: the median is 4 KB, two thirds are below 20 KB, one in a thousand is over 50 MB.
 *
 * **Shape** Every run of 1024 numbers has each quantile once, in an order that looks random.
 */
const mixedBody = (index: number): number => {
  const rank = (Math.imul(index, 619) + 331) & 1023
  const stored = 4 * KB * Math.exp(3 * normalQuantile((rank + 0.5) / 1024))
  const step = Math.round(Math.log2((stored * EXPANSION) / (LADDER[0] ?? KB)))
  return Math.min(Math.max(step, 0), LADDER.length - 1)
}

/** The value below which this part of a normal distribution lies. **Source** Tukey's lambda, good to 0.05 for our use. */
const normalQuantile = (p: number): number => (p ** 0.135 - (1 - p) ** 0.135) / 0.1975

/** Every shape, by what it is good for. */
export const shapes: ReadonlyArray<Shape> = [
  uniform({
    name: "tiny",
    description: "objects of one CloudTrail event",
    objects: 100_000,
    quickObjects: 5000,
    body: { format: "cloudtrail", size: 1 }
  }),
  uniform({
    name: "cloudtrail",
    description: "CloudTrail documents of 1 MB, 90 KB stored",
    objects: 1000,
    quickObjects: 100,
    body: { format: "cloudtrail", size: MB }
  }),
  uniform({
    name: "vpcflow",
    description: "VPC flow logs of lines of 115 bytes, 1 MB stored",
    objects: 250,
    quickObjects: 25,
    body: { format: "vpcflow", size: 5.25 * MB }
  }),
  uniform({
    name: "ndjson",
    description: "NDJSON of lines of 300 bytes, 10 MB stored",
    objects: 20,
    quickObjects: 3,
    body: { format: "ndjson", size: 60.5 * MB }
  }),
  uniform({
    name: "giant",
    description: "one CloudTrail document of 1 GB on one line",
    objects: 1,
    quickObjects: 1,
    body: { format: "cloudtrail", size: 1000 * MB }
  }),
  {
    name: "mixed",
    description: "CloudTrail documents of log-normal sizes, most stored in under 20 KB, a few in over 50 MB",
    objects: 2048,
    quickObjects: 256,
    workers: 4,
    bodies: LADDER.map((size) => ({ format: "cloudtrail", size })),
    bodyOf: mixedBody
  }
]

/** The shape of this name. */
export const shapeNamed = (name: string): Shape => {
  const shape = shapes.find((shape) => shape.name === name)
  if (shape === undefined) throw new Error(`There is no shape ${name}: ${shapes.map(({ name }) => name).join(", ")}.`)
  return shape
}
