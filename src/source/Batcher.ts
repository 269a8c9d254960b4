/**
 * Many callers, few calls: items that arrive close together go out as one batch, and each caller gets its own answer.
 *
 * Effect's `RequestResolver` batches as well, but lets go of a request that is under way when its caller is interrupted;
 * here that caller has to know that nothing of its own is still to come.
 */
import { Duration, Effect, Exit, Latch, type Scope } from "effect"
import * as Alarms from "./Alarms.ts"

/** A batcher that is taking items. */
export interface Batcher<in Item, out Answer> {
  /**
   * Puts the item into the next batch and waits for its answer.
   *
   * **Guarantee** An item goes out at most once. Interruption withdraws an item that has not gone out yet; once it has,
   * the interruption waits for the answer, so that the caller knows nothing of the item is still under way.
   */
  readonly submit: (item: Item) => Effect.Effect<Answer>
}

/**
 * How to batch.
 *
 * **Shape** Items of the same key, compared by identity, share a batch. `send` gets 1 to `maxSize` of them in the order of
 * their arrival, and tells each one's answer.
 */
export interface BatcherOptions<Key, Item, Answer> {
  readonly keyOf: (item: Item) => Key
  readonly maxSize: number
  /** How long the first item of a batch waits for others. */
  readonly window: Duration.Duration
  readonly send: (key: Key, items: ReadonlyArray<Item>) => Effect.Effect<(item: Item) => Answer>
}

/**
 * A batcher. Closing the scope sends what is waiting, and waits until everything is answered.
 */
export const make = <Key, Item, Answer>(
  options: BatcherOptions<Key, Item, Answer>
): Effect.Effect<Batcher<Item, Answer>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const collecting = new Map<Key, Batch<Key, Item, Answer>>()
    const unanswered = new Set<Batch<Key, Item, Answer>>()
    const alarms = yield* Alarms.make
    let { maxSize } = options
    const windowMillis = Duration.toMillis(options.window)

    const seal = (batch: Batch<Key, Item, Answer>) => {
      if (collecting.get(batch.key) === batch) collecting.delete(batch.key)
      batch.isSealed.openUnsafe()
    }

    const flush = (batch: Batch<Key, Item, Answer>) => {
      seal(batch)
      return batch.isAnswered.await
    }

    yield* Effect.addFinalizer(() => {
      // Whoever comes later waits for nobody: then there is nothing that would end the window.
      maxSize = 1
      return Effect.forEach([...unanswered], flush, { concurrency: "unbounded", discard: true })
    })

    const run = Effect.fnUntraced(function* (batch: Batch<Key, Item, Answer>) {
      const window = alarms.set(
        windowMillis,
        Effect.sync(() => seal(batch))
      )
      yield* batch.isSealed.await
      yield* window.cancel
      const entries = [...batch.waiting]
      batch.waiting.clear()
      if (entries.length > 0) {
        const items = entries.map(({ item }) => item)
        const answers = yield* Effect.exit(options.send(batch.key, items))
        for (const { answer, item } of entries) answer(Exit.map(answers, (answerOf) => answerOf(item)))
      }
      unanswered.delete(batch)
      batch.isAnswered.openUnsafe()
    })

    const open = (key: Key) =>
      Effect.suspend(() => {
        const batch = makeBatch<Key, Item, Answer>(key)
        collecting.set(key, batch)
        unanswered.add(batch)
        // Detached, because a batch outlives the caller that opened it; the scope's finalizer waits for it.
        return Effect.forkDetach(run(batch))
      })

    const submit = (item: Item): Effect.Effect<Answer> =>
      Effect.callback((answer) => {
        const key = options.keyOf(item)
        const batch = collecting.get(key)
        if (batch === undefined) return answer(Effect.andThen(open(key), submit(item)))
        const entry: Entry<Item, Answer> = { item, answer }
        batch.waiting.add(entry)
        if (batch.waiting.size >= maxSize) seal(batch)
        return Effect.suspend(() => (batch.waiting.delete(entry) ? Effect.void : batch.isAnswered.await))
      })

    return { submit }
  })

interface Entry<Item, Answer> {
  readonly item: Item
  readonly answer: (answer: Exit.Exit<Answer>) => void
}

interface Batch<Key, Item, Answer> {
  readonly key: Key
  /** The entries that have not gone out. */
  readonly waiting: Set<Entry<Item, Answer>>
  readonly isSealed: Latch.Latch
  readonly isAnswered: Latch.Latch
}

const makeBatch = <Key, Item, Answer>(key: Key): Batch<Key, Item, Answer> => ({
  key,
  waiting: new Set(),
  isSealed: Latch.makeUnsafe(),
  isAnswered: Latch.makeUnsafe()
})
