/**
 * The windows of one connection that are not acknowledged to their end, and which of them an acknowledgement is for.
 */

/** A window that was sent. */
export interface Window {
  /** How many events it holds. */
  readonly count: number
  /** Called when the peer has so many events more of it, and then perhaps all. */
  readonly onProgress: (events: number, isWhole: boolean) => void
}

/** The windows of a connection, in the order in which they were sent. */
export interface OpenWindows {
  readonly add: (window: Window) => void
  readonly size: () => number
  /**
   * Takes an acknowledgement. Windows are acknowledged one after another, so it is for the oldest; zero, and what was
   * acknowledged before, are how a busy peer keeps the connection alive.
   *
   * **Errors** The sentence says that the peer has acknowledged what it was never sent.
   *
   * **Not promised** That a repetition is always recognised: sequences begin again with every window, so that of a whole
   * window, if the next one is just as long and under way, cannot be told from the acknowledgement of that one. Beats' own
   * peers never repeat it; they keep alive with zero.
   */
  readonly acknowledge: (sequence: number) => string | undefined
}

/** No windows yet. */
export const make = (): OpenWindows => {
  const windows: Array<Window> = []
  let acked = 0
  let lastCount = 0

  const acknowledge = (sequence: number): string | undefined => {
    const oldest = windows[0]
    const isRepetition = sequence === 0 || (acked === 0 && sequence === lastCount && sequence !== oldest?.count)
    if (isRepetition || (oldest !== undefined && sequence <= acked)) return undefined
    if (oldest === undefined || sequence > oldest.count) {
      const sent = oldest === undefined ? "nothing was sent" : `only ${oldest.count} were sent`
      return `the collector acknowledged event ${sequence} where ${sent}`
    }
    const progress = sequence - acked
    const isWhole = sequence === oldest.count
    acked = isWhole ? 0 : sequence
    if (isWhole) {
      windows.shift()
      lastCount = oldest.count
    }
    oldest.onProgress(progress, isWhole)
    return undefined
  }

  return { add: (window) => void windows.push(window), size: () => windows.length, acknowledge }
}
