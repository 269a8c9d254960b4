/**
 * Amazon Resource Names, and the names of regions and accounts in them.
 */
import { showText } from "./scalar.ts"

/**
 * An ARN in its parts.
 *
 * **Source** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
 */
export interface Arn {
  readonly partition: string
  readonly service: string
  readonly region: string
  readonly accountId: string
  readonly resource: string
}

/** Takes an ARN apart; nothing when it is none. */
export const parse = (text: string): Arn | undefined => {
  const match = /^arn:(aws[a-z-]*):([a-z0-9-]+):([a-z0-9-]*):(\d{12}|):(.+)$/.exec(text)
  if (match === null) return undefined
  const [, partition = "", service = "", region = "", accountId = "", resource = ""] = match
  return { partition, service, region, accountId, resource }
}

const REGION = /^[a-z]{2,4}(?:-[a-z]+)?-(?:central|(?:north|south)?(?:east|west)|north|south)-[1-9]\d?$/

/** What to say of a text that is no region. */
export const notARegion = (text: string): string =>
  `${showText(text)} is no AWS region; write it as in us-east-1 or eu-central-1`

/** The form of every region's name, those of isolated and sovereign partitions included: `us-east-1`, `us-gov-west-1`. */
export const isRegion = (text: string): boolean => REGION.test(text)
