import * as oidc from 'openid-client'
import { Problem } from '../../shared/problems.ts'
import { type Redeemed, redeem } from './attempt.ts'
import { type Audience, toAsked } from './audience.ts'
import { abortable, type Fetch, isSafeUrl } from './guarded-fetch.ts'
import type { createIssuer, Sso } from './issuer.ts'
import { presets } from './presets.ts'
import { describeRefusal, readRefusal } from './refusal.ts'
import type { More } from './step-up.ts'

type Needs = { issuer: ReturnType<typeof createIssuer>; fetch: Fetch; allowInsecure: boolean }
type Options = { sso: Sso; audiences: Audience[]; more: More; signal: AbortSignal }

/** A sign-in on another device (RFC 8628), for a machine without a browser: the person types a short code there. */
export async function startDevice({ issuer, fetch, allowInsecure }: Needs, { sso, audiences, more, signal }: Options) {
  const { host } = new URL(sso.issuer)
  if (!sso.deviceCodeFallback) throw new Problem('auth.no-device-code', 'IT has ruled it out')
  await issuer.discover(sso)
  const config = await issuer.configure(sso, { fetch: abortable(fetch, signal) })
  if (!config.serverMetadata().device_authorization_endpoint) throw new Problem('auth.no-device-code', host)
  const asked = toAsked({ scopes: [...sso.scopes, ...more.scopes], audiences, preset: presets[sso.preset] })
  const parameters = new URLSearchParams({ scope: asked.scopes.join(' ') })
  for (const resource of asked.resources) parameters.append('resource', resource)
  const device = await oidc.initiateDeviceAuthorization(config, parameters).catch(async (cause: unknown) => {
    throw new Problem('auth.no-device-code', `${host} ${describeRefusal(await readRefusal(cause))}`, { cause })
  })
  const loginUrl = device.verification_uri_complete ?? device.verification_uri
  if (!isSafeUrl(loginUrl, allowInsecure) || !isSafeUrl(device.verification_uri, allowInsecure))
    throw new Problem('auth.answer-refused', `${host} names a page that is not https`)
  if (!/^[\w -]{1,64}$/.test(device.user_code))
    throw new Problem('auth.answer-refused', `${host} sent an unreadable code`)

  async function finish(): Promise<Redeemed> {
    const resource = asked.first.resource
    const redeemed = await redeem({ issuer, sso, fetch: abortable(fetch, signal) }, (client) =>
      oidc.pollDeviceAuthorizationGrant(client, device, resource ? { resource } : {}, { signal }),
    )
    return { ...redeemed, asked, audience: asked.first }
  }

  return {
    loginUrl,
    lifeMs: device.expires_in * 1000,
    device: { userCode: device.user_code, verificationUrl: device.verification_uri, qr: await toQr(loginUrl) },
    answer: finish(),
    close: () => {},
  }
}

async function toQr(text: string): Promise<string[]> {
  const { create } = await import('qrcode')
  const { size, data } = create(text, { errorCorrectionLevel: 'M' }).modules
  return Array.from({ length: size }, (_, row) => data.slice(row * size, (row + 1) * size).join(''))
}
