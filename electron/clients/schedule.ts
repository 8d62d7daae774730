import type { ClientApp } from '../../shared/contract/clients.ts'
import { watchQuits } from './quit-watch.ts'

type Needs = { look: () => void; isAlive: (pid: number) => boolean }

/** Says when to look at the apps again: after news, when an app quits, and now and then while something hangs on it. */
export function createSchedule({ look, isAlive }: Needs) {
  const quits = watchQuits(() => soon(0), isAlive)
  let news: NodeJS.Timeout | undefined
  let later: NodeJS.Timeout | undefined
  let closed = false

  function soon(delayMs = 100) {
    if (closed) return
    clearTimeout(news)
    news = setTimeout(look, delayMs)
    news.unref()
  }

  /** Nobody tells when an app is opened, and a quit can be missed, so both are asked for. */
  function watch(apps: readonly ClientApp[], idsOf: (app: ClientApp) => number[]) {
    const unfinished = apps.filter(({ toFinish, waiting }) => toFinish !== null || waiting)
    clearTimeout(later)
    if (closed) return
    quits.set(unfinished.map(idsOf))
    if (unfinished.length === 0) return
    later = setTimeout(look, unfinished.some(({ running }) => !running) ? 5_000 : 30_000)
    later.unref()
  }

  function close() {
    closed = true
    clearTimeout(news)
    clearTimeout(later)
    quits.close()
  }
  return { soon, watch, close }
}
