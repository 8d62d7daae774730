import { useEffect } from 'react'
import { useConnection } from './connection.ts'

/** Opens a store while a screen shows it, and anew after a lost connection. `key` says what it is open for. */
export function useOpened(open: () => Promise<() => void>, key = '') {
  const generation = useConnection((connection) => connection.generation)
  // biome-ignore lint/correctness/useExhaustiveDependencies: `open` is written in place and says the same for the same key
  useEffect(() => {
    const opened = open()
    return () => void opened.then((close) => close())
  }, [generation, key])
}
