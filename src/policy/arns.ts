/**
 * The ARNs that policies name, and what stands in them for what nobody has said.
 */

/**
 * What only the user knows, where it was not told.
 *
 * **Shape** In angle brackets, which no ARN, name or id of AWS may hold: AWS refuses a policy in which one was left, instead of
 * granting something else.
 */
export const placeholders = {
  account: "<account-id>",
  bucket: "<bucket>",
  principal: "<principal-arn>",
  queue: "<queue-arn>"
} as const

/** The account of an ARN, or its placeholder; buckets name none. */
export const accountOf = (arn: string): string => arn.split(":")[4] || placeholders.account

/** The partition of an ARN: `aws`, `aws-cn`, `aws-us-gov`. */
export const partitionOf = (arn: string): string => arn.split(":")[1] || "aws"

/**
 * The partition of a region.
 *
 * **Source** https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
 */
export const partitionOfRegion = (region: string): string =>
  region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws"

/** `arn:aws:sqs:REGION:ACCOUNT:NAME` */
export const queueArn = (queue: { readonly name: string; readonly region: string }, account: string): string =>
  `arn:${partitionOfRegion(queue.region)}:sqs:${queue.region}:${account}:${queue.name}`

/** `arn:aws:s3:::BUCKET`, or with a key `arn:aws:s3:::BUCKET/KEY`; both may be patterns. */
export const s3Arn = (partition: string, bucket: string, key?: string): string =>
  `arn:${partition}:s3:::${bucket}${key === undefined ? "" : `/${key}`}`

/**
 * Who a trust policy must name for whoever STS says is calling: a session's role, for a trust policy that names a session is
 * good for that one only. Others go by their own ARN.
 *
 * **Not promised** The path of the role, which STS does not tell.
 */
export const principalOf = (callerArn: string): string => {
  const [, partition, account, role] = /^arn:([\w-]+):sts::(\d{12}):assumed-role\/([^/]+)\//u.exec(callerArn) ?? []
  return role === undefined ? callerArn : `arn:${partition}:iam::${account}:role/${role}`
}
