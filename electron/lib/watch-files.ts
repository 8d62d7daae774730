import { existsSync, type FSWatcher, realpathSync, statSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'

type Watched = { watcher: FSWatcher; inode: number; names: Set<string> }

/**
 * Tells when one of the files changes, appears or goes. It watches folders, not files: clients replace their file as a
 * whole, and a watch on the file would stay with the old one. Where the folder is not there yet, the nearest one above
 * is watched for it; each `set` looks anew. `*` as a file's name stands for every file of its folder.
 */
export function watchFiles(onChange: () => void) {
  const folders = new Map<string, Watched>()

  function set(paths: readonly string[]) {
    const wanted = new Map<string, Set<string>>()
    for (const path of paths.flatMap((path) => [path, ...targetOf(path)])) {
      const { folder, name } = nearest(path)
      wanted.set(folder, (wanted.get(folder) ?? new Set()).add(name))
    }
    for (const [folder, { watcher, inode }] of folders) {
      if (wanted.has(folder) && inodeOf(folder) === inode) continue
      watcher.close()
      folders.delete(folder)
    }
    for (const [folder, names] of wanted) {
      const present = folders.get(folder)
      if (present) present.names = names
      else open(folder, names)
    }
  }

  function open(folder: string, names: Set<string>) {
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => {
        const expected = folders.get(folder)?.names
        // Windows and some network drives do not say which file it was.
        if (name === null || expected?.has(name) || expected?.has('*') || name === basename(folder)) onChange()
      })
      watcher.on('error', () => watcher.close())
      folders.set(folder, { watcher, inode: inodeOf(folder), names })
      onChange() // it may have changed between the last look and the start of the watch
    } catch {
      // Too many watches, or no permission: costs liveliness, not correctness.
    }
  }

  function close() {
    for (const { watcher } of folders.values()) watcher.close()
    folders.clear()
  }
  return { set, close }
}

/** A link’s target can change without the link. */
function targetOf(path: string) {
  try {
    const target = realpathSync(path)
    return target === path ? [] : [target]
  } catch {
    return []
  }
}

function nearest(path: string): { folder: string; name: string } {
  const folder = dirname(path)
  return existsSync(folder) || folder === path ? { folder, name: basename(path) } : nearest(folder)
}

function inodeOf(folder: string) {
  try {
    return statSync(folder).ino
  } catch {
    return -1
  }
}
