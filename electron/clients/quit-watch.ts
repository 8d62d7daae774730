const everyMs = 250

/**
 * Tells once when all processes of one of the apps are gone. Nobody is told by the system when a stranger ends, and a
 * person who was asked to quit an app opens it again seconds later: what waits for that must be written in between.
 */
export function watchQuits(onQuit: () => void, isAlive: (pid: number) => boolean) {
  let apps: number[][] = []
  let timer: NodeJS.Timeout | undefined

  function look() {
    const left = apps.filter((pids) => pids.some(isAlive))
    if (left.length === apps.length) return
    set(left)
    onQuit()
  }

  /** The processes of each app that is waited for. */
  function set(next: number[][]) {
    apps = next.filter((pids) => pids.length > 0)
    clearInterval(timer)
    timer = apps.length > 0 ? setInterval(look, everyMs) : undefined
    timer?.unref()
  }
  return { set, close: () => set([]) }
}
