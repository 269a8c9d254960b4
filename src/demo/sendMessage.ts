/**
 * What SQS demands of a message, and fauxqs does not.
 */
import { Predicate } from "effect"
import { AwsError } from "./AwsError.ts"

/** **Source** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html */
const MAX_ATTRIBUTES = 10

const NAME = /^(?!aws\.|amazon\.|\.)(?!.*\.$)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}$/iu

/** **Source** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const NOT_IN_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u

/** Why SQS would not take a message with this input, if so: all queues here are standard queues. */
export const refusalOf = (input: Readonly<Record<string, unknown>>): AwsError | undefined => {
  const { MessageDeduplicationId: id } = input
  if (id !== undefined) {
    return invalid(
      `Value ${String(id)} for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that is not valid for this queue type.`
    )
  }
  const attributes = Object.entries(Predicate.isObject(input["MessageAttributes"]) ? input["MessageAttributes"] : {})
  if (attributes.length > MAX_ATTRIBUTES) {
    return invalid(
      `Number of message attributes [${attributes.length}] exceeds the allowed maximum [${MAX_ATTRIBUTES}].`
    )
  }
  for (const [name, attribute] of attributes) {
    if (!NAME.test(name)) return invalid("The message attribute name contains an invalid character.")
    const value = Predicate.hasProperty(attribute, "StringValue") ? String(attribute.StringValue) : ""
    if (value === "" && !Predicate.hasProperty(attribute, "BinaryValue")) {
      return invalid(`The message attribute '${name}' must contain non-empty message attribute value.`)
    }
    if (NOT_IN_XML.test(value))
      return invalid(`The message attribute '${name}' has an invalid message attribute value.`)
  }
  return undefined
}

const invalid = (message: string) => new AwsError({ status: 400, code: "InvalidParameterValue", message })
