import type { Socket } from 'node:net'

type Env = Record<string, string | undefined>

/** Where whoever started this process asks for it, its end is ours: our stdin is its pipe, which closes even when it is killed. */
export function onParentGone(env: Env, stdin: NodeJS.ReadStream, gone: () => void) {
  if (env.CAUSEWAY_END_WITH_STDIN !== '1') return
  stdin.once('end', gone).once('error', gone).resume()
  // Waiting for that must not keep us alive.
  ;(stdin as unknown as Socket).unref?.()
}
