import { join } from 'node:path'
import { writeAtomic } from '../lib/atomic-file.ts'
import { launchFile } from './end/launch.ts'

/** Tells bridges how to start the app: one item of argv per line, a full path first. */
export async function writeLaunch(dataFolder: string, argv: string[]) {
  if (argv.length === 0 || argv.some((item) => /[\n\0]/.test(item))) {
    throw new Error('the command that starts the app cannot be written in lines')
  }
  await writeAtomic(join(dataFolder, launchFile), `${argv.join('\n')}\n`)
}
