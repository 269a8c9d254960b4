/**
 * From the config to the least that must be allowed: whose policy, in which account, with which statements.
 */
import type { QueueRef } from "../domain/QueueRef.ts"
import { matchesGlob } from "../credentials/matchesGlob.ts"
import { accountOf, partitionOf, partitionOfRegion, placeholders, principalOf, queueArn, s3Arn } from "./arns.ts"
import * as PolicyDocument from "./PolicyDocument.ts"
import * as statements from "./statements.ts"

/** A role of the config. */
export interface PolicyRole {
  readonly arn: string
  readonly externalId?: string | undefined
  readonly buckets: ReadonlyArray<string>
  readonly queues: ReadonlyArray<string>
}

/**
 * What is known of who reads what.
 *
 * **Shape** `deadLetterQueue` takes the messages that can never be shipped. `principal` is the ARN of the base identity, or of one of
 * its sessions; `buckets` are the names that the roles do not say; `kmsKeys` are the ARNs of the keys that objects are encrypted with.
 *
 * **Units** `sessionSeconds` is the life of a role's session.
 */
export interface PolicyOptions {
  readonly queues: ReadonlyArray<QueueRef>
  readonly deadLetterQueue?: QueueRef | undefined
  readonly roles: ReadonlyArray<PolicyRole>
  readonly sessionSeconds: number
  readonly principal?: string | undefined
  readonly buckets: ReadonlyArray<string>
  readonly kmsKeys: ReadonlyArray<string>
}

/** What PutBucketNotificationConfiguration takes. */
export interface BucketNotification {
  readonly QueueConfigurations: ReadonlyArray<{
    readonly Id: string
    readonly QueueArn: string
    readonly Events: ReadonlyArray<string>
  }>
}

/**
 * Everything that must be allowed and told.
 *
 * **Shape** What nobody said is a placeholder of `arns.ts`. `maxSessionDuration` is the least that the role must have.
 *
 * **Guarantee** With these, and nothing else, s3beat ships what the buckets announce; without any one action or resource of
 * them, something of it is refused.
 */
export interface Policies {
  readonly identity: {
    readonly account: string
    readonly principal: string
    readonly policy: PolicyDocument.PolicyDocument
  }
  readonly roles: ReadonlyArray<{
    readonly arn: string
    readonly account: string
    readonly permissions: PolicyDocument.PolicyDocument
    readonly trust: PolicyDocument.PolicyDocument
    readonly maxSessionDuration: number
  }>
  readonly queues: ReadonlyArray<{
    readonly arn: string
    readonly account: string
    readonly region: string
    readonly policy: PolicyDocument.PolicyDocument
  }>
  readonly buckets: ReadonlyArray<{
    readonly bucket: string
    readonly account: string
    readonly notification: BucketNotification
  }>
}

/** IAM's own least for a role's maximum session duration. */
const LEAST_MAX_SESSION_SECONDS = 3600

/** The policies of a config. */
export const make = (options: PolicyOptions): Policies => {
  const { deadLetterQueue, kmsKeys, roles } = options
  const principal = options.principal === undefined ? placeholders.principal : principalOf(options.principal)
  const account = options.principal === undefined ? placeholders.account : accountOf(principal)
  const queues = options.queues.map((queue) => describeQueue(queue, roles, account, statements.queueActions))
  const deadLetters =
    deadLetterQueue === undefined ? [] : [describeQueue(deadLetterQueue, roles, account, statements.deadLetterActions)]
  const readers = readersOf(options, queues, account)

  const keysOf = (arn: string) =>
    roles.length < 2 ? kmsKeys : kmsKeys.filter((key) => accountOf(key) === accountOf(arn))

  const permissions = (arn: string | undefined, buckets: ReadonlyArray<string>, partition: string) => {
    const keys = arn === undefined ? kmsKeys : keysOf(arn)
    return [
      ...usesOf([...queues, ...deadLetters].filter(({ usedBy }) => usedBy === arn)),
      ...(buckets.length === 0 ? [] : statements.read(partition, buckets)),
      ...(buckets.length === 0 || keys.length === 0 ? [] : [statements.decrypt(keys)])
    ]
  }

  /** Another account's queue is open to whom both accounts let in. */
  const letIn = ({ account: owner, actions, arn, usedBy }: DescribedQueue) =>
    usedBy === undefined && owner !== account ? [statements.letIn(principal, actions, arn)] : []

  return {
    identity: {
      account,
      principal,
      policy: PolicyDocument.make([
        ...permissions(undefined, roles.length === 0 ? (readers[0]?.buckets ?? []) : [], partitionAt(options.queues)),
        ...(roles.length === 0 ? [] : [statements.assume(roles.map(({ arn }) => arn))])
      ])
    },
    roles: roles.map(({ arn, externalId }, index) => ({
      arn,
      account: accountOf(arn),
      permissions: PolicyDocument.make(permissions(arn, readers[index]?.buckets ?? [], partitionOf(arn))),
      trust: PolicyDocument.make([statements.trust(principal, externalId)]),
      maxSessionDuration: Math.max(options.sessionSeconds, LEAST_MAX_SESSION_SECONDS)
    })),
    queues: [
      ...queues.map((queue) =>
        queuePolicy(queue, [
          ...readers
            .filter(({ queueArns }) => queueArns.includes(queue.arn))
            .map(({ account, buckets }) =>
              statements.announce(
                queue.arn,
                buckets.map((bucket) => s3Arn(partitionOf(queue.arn), bucket)),
                account
              )
            ),
          ...letIn(queue)
        ])
      ),
      // Nobody but s3beat sends there, for which a policy of its own is needed only in another account.
      ...deadLetters.filter((queue) => letIn(queue).length > 0).map((queue) => queuePolicy(queue, letIn(queue)))
    ],
    buckets: readers.flatMap(({ account, buckets, queueArns }) =>
      buckets
        .filter((bucket) => !/[*?]/u.test(bucket))
        .map((bucket) => ({ bucket, account, notification: notify(queueArns) }))
    )
  }
}

/** A queue, whose it is, what is done with it, and by whom: a role, by its ARN, or the base identity. */
interface DescribedQueue {
  readonly queue: QueueRef
  readonly arn: string
  readonly account: string
  readonly actions: ReadonlyArray<string>
  readonly usedBy: string | undefined
}

/** The same choice as `CredentialsByRole` makes. */
const describeQueue = (
  queue: QueueRef,
  roles: ReadonlyArray<PolicyRole>,
  own: string,
  actionsOn: (queue: QueueRef) => ReadonlyArray<string>
): DescribedQueue => {
  const { accountId, name } = queue
  const usedBy = (
    roles.find(({ queues }) => queues.includes(name)) ??
    roles.find(({ arn }) => accountId !== undefined && accountOf(arn) === accountId)
  )?.arn
  const account = accountId ?? (usedBy === undefined ? own : accountOf(usedBy))
  return { queue, arn: queueArn(queue, account), account, actions: actionsOn(queue), usedBy }
}

const queuePolicy = ({ account, arn, queue }: DescribedQueue, policy: ReadonlyArray<PolicyDocument.Statement>) => ({
  arn,
  account,
  region: queue.region,
  policy: PolicyDocument.make(policy)
})

/** Whose buckets are announced on which queues: those of each role, or of the base identity when there are none. */
interface Reader {
  readonly account: string
  readonly buckets: ReadonlyArray<string>
  readonly queueArns: ReadonlyArray<string>
}

const readersOf = (
  { buckets, roles }: PolicyOptions,
  queues: ReadonlyArray<DescribedQueue>,
  own: string
): ReadonlyArray<Reader> => {
  if (roles.length === 0) {
    return [{ account: own, buckets: orPlaceholder(buckets), queueArns: queues.map(({ arn }) => arn) }]
  }
  const globs = roles.flatMap((role) => role.buckets)
  const unclaimed = buckets.filter((bucket) => !globs.some((glob) => matchesGlob(glob, bucket)))
  return roles.map((role) => ({
    account: accountOf(role.arn),
    buckets: role.buckets.length > 0 ? role.buckets : orPlaceholder(unclaimed),
    queueArns: queues
      .filter(({ queue }) => role.queues.length === 0 || role.queues.includes(queue.name))
      .map(({ arn }) => arn)
  }))
}

const orPlaceholder = (names: ReadonlyArray<string>) => (names.length === 0 ? [placeholders.bucket] : names)

/** One statement for the queues that take the same actions. */
const usesOf = (queues: ReadonlyArray<DescribedQueue>): ReadonlyArray<PolicyDocument.Statement> => {
  const byActions = Map.groupBy(queues, ({ actions }) => actions.join(" "))
  return [...byActions.values()].flatMap(([first, ...rest]) =>
    first === undefined
      ? []
      : [
          statements.allow(
            first.actions,
            [first, ...rest].map(({ arn }) => arn)
          )
        ]
  )
}

const partitionAt = (queues: ReadonlyArray<QueueRef>): string => partitionOfRegion(queues[0]?.region ?? "")

/** S3 sends to a queue of its own region only; which of several that is, the buckets' owner knows. */
const notify = (queueArns: ReadonlyArray<string>): BucketNotification => ({
  QueueConfigurations: [
    {
      Id: "s3beat",
      QueueArn: queueArns.length === 1 ? (queueArns[0] ?? placeholders.queue) : placeholders.queue,
      Events: ["s3:ObjectCreated:*"]
    }
  ]
})
