/** A share of the budget. */
export interface Lease {
  /** Gives back what turned out not to be needed. */
  shrink(bytes: number): void
  release(): void
}

export interface ByteBudget {
  /** A share where it is free and nobody waits before it, else null. */
  tryTake(bytes: number): Lease | null
  /** Waits, first come first served, until so many bytes are free. More than all of it is granted when all is free. */
  take(bytes: number): Promise<Lease>
}

/** Bounds the bytes that are in memory at once. Each holder must finish without asking for more. */
export function openByteBudget(total: number): ByteBudget {
  let free = total
  const waiting: { bytes: number; grant(): void }[] = []

  function serve(): void {
    while (waiting.length > 0 && waiting[0]!.bytes <= free) {
      const next = waiting.shift()!
      free -= next.bytes
      next.grant()
    }
  }
  function lease(bytes: number): Lease {
    let held = bytes
    const give = (back: number) => {
      held -= back
      free += back
      serve()
    }
    return { shrink: (to) => give(Math.max(0, held - to)), release: () => give(held) }
  }
  return {
    tryTake(bytes) {
      const share = Math.min(bytes, total)
      if (waiting.length > 0 || share > free) return null
      free -= share
      return lease(share)
    },
    take(bytes) {
      const share = Math.min(bytes, total)
      return new Promise((resolve) => {
        waiting.push({ bytes: share, grant: () => resolve(lease(share)) })
        serve()
      })
    },
  }
}
