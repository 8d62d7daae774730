import { startDetached } from './start-detached.ts'

type Env = Record<string, string | undefined>

/** The program that shows a file or folder here; `VISUAL` where it is set. Never a shell. */
function findPathOpener({ path, env, platform }: { path: string; env: Env; platform: NodeJS.Platform }) {
  if (env.VISUAL) return { command: env.VISUAL, args: [path] }
  if (platform === 'darwin') return { command: '/usr/bin/open', args: ['-t', path] }
  if (platform === 'win32') return { command: 'explorer.exe', args: [path] }
  return { command: 'xdg-open', args: [path] }
}

/** Shows a file of ours in the person's editor. What could not be started is the caller's to say. */
export async function openPath(
  path: string,
  { env, platform }: { env: Env; platform: NodeJS.Platform },
): Promise<boolean> {
  const { command, args } = findPathOpener({ path, env, platform })
  return startDetached({ command, args, env })
}
