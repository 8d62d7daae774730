import { existsSync } from 'node:fs'
import { startDetached } from './start-detached.ts'

/** An address that may be handed to the desktop, or why not. What a server sends is data until it has passed here. */
export type UrlVerdict = { ok: true; url: string } | { ok: false; reason: string }

const longest = 2048
// The literal text: `127.1` and `0x7f000001` are this machine too, but nobody honest writes them.
const loopback = /^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?::\d+)?(?:[/?#]|$)/i

/** https only; http only to a literal loopback host; no userinfo, control characters or backslashes. */
export function checkUrl(text: unknown): UrlVerdict {
  if (typeof text !== 'string' || text.length > longest) return no('not an address of at most 2048 characters')
  // WHATWG parsing drops tabs and newlines, trims, and turns `\` into `/`: what a person read is not what would open.
  if (/[\p{Cc}\p{Cf}\p{Zs}\\]/u.test(text)) return no('control characters, white space or backslashes')
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) return no('not an absolute http(s) address')
  const url = new URL(text)
  if (url.username || url.password || /^https?:\/\/[^/?#]*@/i.test(text)) return no('a user name in the address')
  if (url.protocol === 'http:' && !loopback.test(text)) return no('http to a host other than this machine')
  return url.href.length > longest ? no('too long') : { ok: true, url: url.href }
}
const no = (reason: string): UrlVerdict => ({ ok: false, reason })

type Env = Record<string, string | undefined>
type Command = { command: string; args: string[] }

/** The program that opens an address here: `BROWSER` where it is set, else the desktop's own. Never a shell. */
export function findOpener({ url, env, platform }: { url: string; env: Env; platform: NodeJS.Platform }): Command {
  if (env.BROWSER) return fromBrowser(env.BROWSER, url, platform)
  if (platform === 'darwin') return { command: '/usr/bin/open', args: ['--', url] }
  // `start` is a word of cmd.exe, which reads `&` and `%` in an address; this does the same without a shell.
  if (platform === 'win32') return { command: 'rundll32.exe', args: ['url.dll,FileProtocolHandler', url] }
  return { command: 'xdg-open', args: [url] } // it knows no `--`; a checked address cannot start with a dash
}

/** `BROWSER` is a program's path, or by custom a list of command lines, `firefox --new-tab %s:chromium`: the first counts. */
function fromBrowser(browser: string, url: string, platform: NodeJS.Platform): Command {
  if (existsSync(browser)) return { command: browser, args: [url] }
  const first = platform === 'win32' ? browser : (browser.split(':')[0] ?? '')
  const [command = browser, ...args] = first.split(' ').filter(Boolean)
  if (!args.some((arg) => arg.includes('%s'))) return { command, args: [...args, url] }
  return { command, args: args.map((arg) => arg.replaceAll('%s', () => url)) }
}

/** Opens a checked address in the person's browser. Resolves to whether a program could be started for it. */
export async function openUrl(
  text: string,
  { env, platform }: { env: Env; platform: NodeJS.Platform },
): Promise<boolean> {
  const verdict = checkUrl(text)
  if (!verdict.ok) return false
  const { command, args } = findOpener({ url: verdict.url, env, platform })
  return startDetached({ command, args, env })
}
