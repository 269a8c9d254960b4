/**
 * The operations of SQS that s3beat calls, with the types that the SDK has for them.
 */
import {
  ChangeMessageVisibilityBatch$,
  type ChangeMessageVisibilityBatchCommandInput,
  type ChangeMessageVisibilityBatchCommandOutput,
  DeleteMessageBatch$,
  type DeleteMessageBatchCommandInput,
  type DeleteMessageBatchCommandOutput,
  GetQueueAttributes$,
  type GetQueueAttributesCommandInput,
  type GetQueueAttributesCommandOutput,
  GetQueueUrl$,
  type GetQueueUrlCommandInput,
  type GetQueueUrlCommandOutput,
  ReceiveMessage$,
  type ReceiveMessageCommandInput,
  type ReceiveMessageCommandOutput,
  SendMessage$,
  type SendMessageCommandInput,
  type SendMessageCommandOutput
} from "@aws-sdk/client-sqs"
import { operationOf } from "./sdkProtocol.ts"

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html */
export const ReceiveMessage = operationOf<ReceiveMessageCommandInput, ReceiveMessageCommandOutput>(ReceiveMessage$)

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessageBatch.html */
export const DeleteMessageBatch = operationOf<DeleteMessageBatchCommandInput, DeleteMessageBatchCommandOutput>(
  DeleteMessageBatch$
)

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html */
export const ChangeMessageVisibilityBatch = operationOf<
  ChangeMessageVisibilityBatchCommandInput,
  ChangeMessageVisibilityBatchCommandOutput
>(ChangeMessageVisibilityBatch$)

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueUrl.html */
export const GetQueueUrl = operationOf<
  GetQueueUrlCommandInput & { readonly QueueUrl?: undefined },
  GetQueueUrlCommandOutput
>(GetQueueUrl$)

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html */
export const GetQueueAttributes = operationOf<GetQueueAttributesCommandInput, GetQueueAttributesCommandOutput>(
  GetQueueAttributes$
)

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
export const SendMessage = operationOf<SendMessageCommandInput, SendMessageCommandOutput>(SendMessage$)
