/** A list of listeners. A listener that throws does not keep the news from the others. */
export function createSignal<T>() {
  const listeners = new Set<(value: T) => void>()
  return {
    on(listener: (value: T) => void) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    emit(value: T) {
      for (const listener of [...listeners]) {
        try {
          listener(value)
        } catch (error) {
          queueMicrotask(() => {
            throw error
          })
        }
      }
    },
  }
}
