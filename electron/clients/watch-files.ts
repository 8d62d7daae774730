import { watch } from 'chokidar'

/** Tells when one of the files changes, appears or goes, also when it is replaced as a whole. */
export function watchFiles(onChange: (path: string) => void) {
  // The first sight of a file is news too: it may have changed between the last look and the start of the watch.
  const watcher = watch([], { depth: 0 })
  const watched = new Set<string>()
  watcher.on('all', (event, path) => {
    if (event === 'add' || event === 'change' || event === 'unlink') onChange(path)
  })
  // A folder that cannot be watched (too many watches, no permission) costs liveliness, not correctness.
  watcher.on('error', () => {})

  return {
    set(paths: readonly string[]) {
      const wanted = new Set(paths)
      for (const path of watched) if (!wanted.has(path)) watcher.unwatch(path)
      for (const path of wanted) if (!watched.has(path)) watcher.add(path)
      watched.clear()
      for (const path of wanted) watched.add(path)
    },
    close: () => watcher.close(),
  }
}
