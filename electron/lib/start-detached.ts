import { spawn } from 'node:child_process'

type Needs = { command: string; args: string[]; env: Record<string, string | undefined> }

/** Starts a program that goes on without us, without a shell. Resolves to whether it could be started. */
export async function startDetached({ command, args, env }: Needs): Promise<boolean> {
  const child = spawn(command, args, {
    stdio: 'ignore',
    detached: true,
    windowsHide: true,
    env: env as NodeJS.ProcessEnv,
  })
  const started = await new Promise<boolean>((resolve) => {
    child.once('spawn', () => resolve(true))
    child.once('error', () => resolve(false))
  })
  child.unref()
  return started
}
