import type { DatabaseSync } from 'node:sqlite'
import { calls } from './001-calls.ts'
import { wordings } from './002-wordings.ts'
import { countedInBatches } from './003-counted-in-batches.ts'

/** In order, each once; `user_version` counts them. One file each, never changed after a release. */
const migrations = [calls, wordings, countedInBatches]

/** Thrown for a database of a newer version of the app: this one cannot know what writing to it would break. */
export class NewerSchema extends Error {
  override name = 'NewerSchema'
}

export function migrate(database: DatabaseSync) {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version)
  if (version > migrations.length) throw new NewerSchema(`version ${version}`)
  for (const [index, sql] of migrations.entries())
    if (index >= version) database.exec(`BEGIN IMMEDIATE; ${sql} PRAGMA user_version = ${index + 1}; COMMIT`)
}
