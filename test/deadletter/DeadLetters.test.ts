import { Effect, Layer } from "effect"
import * as SqsSourceAws from "../../src/aws/SqsSourceAws.ts"
import * as DeadLetterQueue from "../../src/deadletter/DeadLetterQueue.ts"
import * as DeadLettersByKind from "../../src/deadletter/DeadLettersByKind.ts"
import * as EmbeddedAws from "../../src/demo/EmbeddedAws.ts"
import type { Account } from "../../src/demo/World.ts"
import type { QueueRef } from "../../src/domain/QueueRef.ts"
import * as DeadLettersMemory from "../../src/testing/DeadLettersMemory.ts"
import * as SqsSourceMemory from "../../src/testing/SqsSourceMemory.ts"
import * as contract from "../contract/deadLettersContract.ts"
import * as World from "../support/deadLetterWorld.ts"
import * as Identities from "../support/fixedIdentities.ts"
import { layer as temporaryDirectory } from "../support/TemporaryDirectory.ts"

const queue: QueueRef = { name: "dead-letters", region: "us-east-1" }

const memoryQueue = Layer.tap(SqsSourceMemory.layer, (context) =>
  Effect.provide(
    Effect.flatMap(SqsSourceMemory.SqsSourceMemory, (sqs) => sqs.createQueue(queue)),
    context
  )
)

const account: Account = {
  id: "222222222222",
  users: [
    {
      name: "beat",
      accessKeyId: "BASE-0",
      secretAccessKey: "secret",
      policy: [{ actions: ["sqs:GetQueueUrl", "sqs:SendMessage", "sqs:ReceiveMessage"], resources: ["*"] }]
    }
  ],
  roles: [],
  buckets: [],
  queues: [queue]
}

const overHttp = Layer.unwrap(
  Effect.map(EmbeddedAws.EmbeddedAws, ({ endpoint }) => SqsSourceAws.layer({ endpoint }))
).pipe(
  Layer.provide(Identities.layer([Identities.identity("base identity", "BASE")])),
  Layer.provide(EmbeddedAws.layer({ accounts: [account] }))
)

contract.suite(
  "memory",
  DeadLettersMemory.layer,
  Effect.flatMap(DeadLettersMemory.DeadLettersMemory, ({ letters }) => letters)
)

contract.suite("file", World.file().pipe(Layer.provideMerge(temporaryDirectory)), World.lettersOfFiles)

contract.suite(
  "queue in memory",
  DeadLetterQueue.layer(queue).pipe(Layer.provideMerge(memoryQueue)),
  World.lettersOfQueue(queue)
)

contract.suite(
  "queue over HTTP",
  DeadLetterQueue.layer(queue).pipe(Layer.provideMerge(overHttp)),
  World.lettersOfQueue(queue)
)

contract.suite(
  "queue and file",
  DeadLettersByKind.layer(DeadLetterQueue.layer(queue), World.file()).pipe(
    Layer.provideMerge(Layer.merge(memoryQueue, temporaryDirectory))
  ),
  Effect.map(Effect.all([World.lettersOfQueue(queue), World.lettersOfFiles]), (all) => all.flat())
)
