export interface Deadline {
  /** Stands still until something else that is waited for is there. */
  pause(until: Promise<unknown>): void
  end(): void
}

/** Calls `late` after so many ms, those it stands still not counted, unless it is ended before. */
export function openDeadline(ms: number, late: () => void): Deadline {
  let leftMs = ms
  let isOver = false
  let since = performance.now()
  let timer = setTimeout(late, Math.max(0, leftMs))
  return {
    pause(until) {
      clearTimeout(timer)
      leftMs -= performance.now() - since
      void until.then(() => {
        if (isOver) return
        since = performance.now()
        timer = setTimeout(late, Math.max(0, leftMs))
      })
    },
    end() {
      isOver = true
      clearTimeout(timer)
    },
  }
}
