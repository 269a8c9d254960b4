/**
 * What a call to SQS failed of, in the words of the `SqsSource` port.
 */
import type { CredentialsError } from "../credentials/Credentials.ts"
import { AccessDenied, Unavailable } from "../domain/reasons.ts"
import { QueueMissing, type SqsSourceError } from "../source/SqsSource.ts"
import type { AwsFailure } from "./awsFailure.ts"

/** The queue's KMS key cannot be used, which only a person can mend; most of them come as 400. */
const keyUnusable = new Set(["KmsDisabled", "KmsInvalidKeyUsage", "KmsInvalidState", "KmsNotFound", "KmsOptInRequired"])

/**
 * Reads the failure of a whole call.
 *
 * **Source** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html#API_ReceiveMessage_Errors
 */
export const sqsFailure = (failure: AwsFailure | CredentialsError): SqsSourceError["reason"] => {
  if (failure._tag === "CredentialsError") {
    return failure.reason._tag === "Unavailable" ? failure.reason : new AccessDenied({ detail: failure.reason.detail })
  }
  const { code, detail } = failure
  switch (code) {
    case "QueueDoesNotExist":
    case "NonExistentQueue":
    case "InvalidAddress":
      return new QueueMissing({ detail })
    case "OverLimit":
      // Too many messages in flight. It comes as 403, and passes when some of them are settled.
      return new Unavailable({ detail })
    default:
      return keyUnusable.has(code) ? new AccessDenied({ detail }) : failure.reason
  }
}

/**
 * Whether an entry with this code may be asked for again: the codes of a receipt handle that is no longer good are final.
 *
 * **Source** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html#API_ChangeMessageVisibility_Errors
 */
export const isEntryRetryable = (code: string): boolean =>
  !finalCodes.has(code.replace(/^AWS\.SimpleQueueService\./u, ""))

const finalCodes = new Set([
  "InvalidIdFormat",
  "InvalidParameterValue",
  "InvalidParameterValueException",
  "MessageNotInflight",
  "ReceiptHandleIsInvalid"
])
