import { z } from 'zod'
import { call, event } from '../ipc.ts'
import { ProblemData } from '../problems.ts'

const choices = {
  theme: z.enum(['system', 'light', 'dark']),
  startAtLogin: z.boolean(),
  /** Whether the hint “still running in the tray” was shown. */
  trayHintShown: z.boolean(),
  /** Whether the first run in the window is over, or was skipped. */
  welcomeDone: z.boolean(),
  /** Whether AI clients may be started with a server by its address, which is in no list (`causeway bridge <url>`). */
  allowAdHoc: z.boolean(),
  /** How many days of activity are kept. */
  activityDays: z.number().int().min(0).max(365),
}

/** What a person may choose, and the company they joined. Every field has a default, so an old file stays valid. */
export const Settings = z.object({
  theme: choices.theme.default('system'),
  startAtLogin: choices.startAtLogin.default(true),
  trayHintShown: choices.trayHintShown.default(false),
  welcomeDone: choices.welcomeDone.default(false),
  allowAdHoc: choices.allowAdHoc.default(true),
  activityDays: choices.activityDays.default(30),
  /** The company's address, once joined. */
  company: z.string().nullable().default(null),
})
export type Settings = z.infer<typeof Settings>

// Not `Settings.partial()`: zod 4 fills defaults into absent optional fields, so a change of one would reset the others.
export const SettingsChange = z.object(choices).partial()
export type SettingsChange = z.infer<typeof SettingsChange>

export const settings = {
  snapshot: call(z.void(), Settings),
  changed: event(Settings),
  update: call(SettingsChange, Settings),
  /** Why the saved settings are not these, where they could not be read at the start. */
  problem: call(z.void(), ProblemData.nullable()),
}
