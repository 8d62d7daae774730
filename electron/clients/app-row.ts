import type { PolicyName } from './client-policy/client-policy.ts'
import type { FormatName } from './formats.ts'
import type { Place } from './place.ts'
import type { ShapeName } from './shapes.ts'

/** What an app would start. */
export type Command = { command: string; args: string[]; env: Record<string, string> }

/** One AI client this product can set up. To add one, add a row: README.md shows how. */
export type AppRow = {
  id: string
  name: string
  format: FormatName
  shape: ShapeName
  /** The person’s own config file, or null where the app does not exist on that platform. */
  configPath: (place: Place) => string | null
  /** Folders or files that show the app was used by this person. */
  traces: (place: Place) => string[]
  /** Programs on the PATH. */
  commands?: string[]
  /** The bundle below /Applications. */
  macApp?: string
  /** Installed programs whose presence or `package.json` tells something. */
  installs?: (place: Place) => string[]
  /** Names of its process on any platform. Windows and macOS tell `Claude` from `claude` by case alone. */
  processes: string[]
  /** What a running app needs before it sees a change; null where it watches its file. */
  reload: string | null
  /** While it runs it writes its file from what it remembers: a change made then is lost, so it waits until it quit. */
  overwrites?: true
  /** The same app with files of their own, such as the profiles of VS Code. */
  variants?: (place: Place) => AppRow[]
  limits?: { tools?: number; toolName?: number }
  /** The longest line it reads, where that is known; clients built on the official library stop at 10 MiB. */
  maxLineBytes?: number
  /** The app holds the folder `<file>.lock` around its own writes; so do we. */
  lockFolder?: true
  /** How the app must name our program, where that is not the way this machine does. */
  toCommand?: (path: string) => string
  /** How a command of its file is started from this machine, for a check; as it stands where nothing is said. */
  toStart?: (written: Command) => Command
  /** Which policy of its own IT can set for it. */
  policy?: PolicyName
  /** How IT can give it servers without touching the person's file, in words for IT. */
  managedChannel?: string
  /** What else a person should know before this app is set up. */
  note?: string
}
