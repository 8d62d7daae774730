import { createHash } from 'node:crypto'
import { brand } from '../../../shared/brand.ts'
import type { Tables } from '../reading.ts'

/**
 * A configuration profile for macOS (Apple, “ManagedPreferences”): forced values of the app’s preferences, which nobody
 * but the management tool can change. What is recommended stands in a dictionary among them.
 */
export async function toProfile({ mandatory, recommended }: Tables): Promise<string> {
  const { build } = await import('plist')
  const identifier = `${brand.appId}.policy`
  const settings = {
    schemaVersion: 1,
    ...toPlist(mandatory),
    ...(Object.keys(recommended).length === 0 ? {} : { recommended: toPlist(recommended) }),
  }
  const payload = {
    PayloadType: 'com.apple.ManagedClient.preferences',
    PayloadVersion: 1,
    PayloadIdentifier: `${identifier}.preferences`,
    PayloadUUID: toUuid(`${identifier}.preferences`),
    PayloadContent: { [brand.appId]: { Forced: [{ mcx_preference_settings: settings }] } },
  }
  return `${build({
    PayloadType: 'Configuration',
    PayloadVersion: 1,
    PayloadIdentifier: identifier,
    PayloadUUID: toUuid(identifier),
    PayloadDisplayName: brand.product,
    PayloadDescription: `What IT decides about ${brand.product}`,
    PayloadScope: 'System',
    PayloadRemovalDisallowed: true,
    PayloadContent: [payload],
  })}\n`
}

/** A property list has no null; the app reads it from text. */
const toPlist = (table: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(table).map(([key, value]) => [key, value === null ? 'null' : (value as string)]))

/** Always the same for one name, so that a new version of a profile takes the place of the old one (RFC 9562 §5.8). */
function toUuid(name: string): string {
  const bytes = createHash('sha256').update(name).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  const hex = bytes.toString('hex').toUpperCase()
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
