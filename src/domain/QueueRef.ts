/**
 * Which SQS queue is meant.
 *
 * The three spellings a user may write (`name:region`, a queue URL, a queue ARN) are parsed in `config/`; from there on a
 * queue is this plain value.
 */

/**
 * A queue, by name and region and, where it is known, by account and URL.
 *
 * **Shape** `url` is present when the user wrote a URL; else the adapter asks SQS for it (GetQueueUrl), in `accountId`
 * when the user wrote an ARN, in the identity's own account otherwise.
 */
export interface QueueRef {
  readonly name: string
  readonly region: string
  readonly accountId?: string
  readonly url?: string
}
