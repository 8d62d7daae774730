import { z } from 'zod'
import { call, event } from '../ipc.ts'
import { ProblemData } from '../problems.ts'

const ProxyUrl = z
  .url({ protocol: /^https?$/ })
  // This file is no place for a password; the environment or the system’s own setting is.
  .refine((text) => !/^https?:\/\/[^/?#]*@/i.test(text), 'A proxy’s name and password do not belong here')

/** How hosts are reached: as the environment and the system say, straight, or through one proxy. */
export const ProxyChoice = z.discriminatedUnion('mode', [
  z.object({ mode: z.literal('system') }),
  z.object({ mode: z.literal('none') }),
  z.object({
    mode: z.literal('fixed'),
    url: ProxyUrl,
    /** Hosts reached without it: `example.com` with all below it, `host:port`, `10.0.0.0/8`, `<local>`. */
    bypass: z.array(z.string().min(1).max(255)).max(200).default([]),
  }),
])
export type ProxyChoice = z.infer<typeof ProxyChoice>

const choices = {
  theme: z.enum(['system', 'light', 'dark']),
  startAtLogin: z.boolean(),
  /** Whether the hint “still running in the tray” was shown. */
  trayHintShown: z.boolean(),
  /** Whether the first run in the window is over, or was skipped. */
  welcomeDone: z.boolean(),
  /** Whether AI clients may be started with a server by its address, which is in no list (`causeway bridge <url>`). */
  allowAdHoc: z.boolean(),
  /** Whether entries that an app or another program took out of its file are put back by themselves, or on request. */
  repairApps: z.enum(['off', 'ask', 'auto']),
  /** How many days of activity are kept. */
  activityDays: z.number().int().min(0).max(365),
  /** The largest answer an app is given, instead of what is known of it: clients built on the SDK go deaf past 10 MB. */
  answerMb: z.number().int().min(1).max(64).nullable(),
  proxy: ProxyChoice,
  /** Files with authorities this computer shall trust besides its own, PEM or DER. */
  caFiles: z.array(z.string().min(1).max(4096)).max(20),
}

/** What a person may choose, and the company they joined. Every field has a default, so an old file stays valid. */
export const Settings = z.object({
  theme: choices.theme.default('system'),
  startAtLogin: choices.startAtLogin.default(true),
  trayHintShown: choices.trayHintShown.default(false),
  welcomeDone: choices.welcomeDone.default(false),
  allowAdHoc: choices.allowAdHoc.default(true),
  repairApps: choices.repairApps.default('ask'),
  activityDays: choices.activityDays.default(30),
  answerMb: choices.answerMb.default(null),
  proxy: choices.proxy.default({ mode: 'system' }),
  caFiles: choices.caFiles.default([]),
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
