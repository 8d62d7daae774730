import type { PeerCertificate } from 'node:tls'
import { Problem } from '../../shared/problems.ts'

const unknownIssuer = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])
const trustCodes = /^CERT_|^UNABLE_TO_|SELF_SIGNED|ERR_TLS_CERT_ALTNAME_INVALID|^CRL_|^INVALID_|^HOSTNAME_MISMATCH/
const clientCodes = /CERTIFICATE_REQUIRED|ALERT_BAD_CERTIFICATE|ALERT_CERTIFICATE_|ALERT_UNKNOWN_CA/
const tlsCodes = /^ERR_SSL|^ERR_TLS|^EPROTO$/

/** True where the other side’s certificate was refused here, so that it is worth looking at. */
export const isUntrusted = (error: unknown) => trustCodes.test(codeOf(error))

/** What went wrong with TLS at `host`, in words; null where it was not TLS. `seen` is the certificate that was shown. */
export function toTlsProblem(error: unknown, host: string, seen?: PeerCertificate | null): Problem | null {
  const code = codeOf(error)
  const options = { cause: error }
  if (trustCodes.test(code))
    return new Problem('network.not-trusted', `${host}: ${describe(code, host, seen)}`, options)
  if (clientCodes.test(code))
    return new Problem('network.client-certificate', `${host} did not accept this computer (${code})`, options)
  return tlsCodes.test(code) ? new Problem('network.tls', `${host} (${code})`, options) : null
}

function describe(code: string, host: string, seen: PeerCertificate | null | undefined) {
  if (!seen?.issuer) return code
  const issuer = nameOf(seen.issuer)
  const by = `its certificate comes from “${issuer}”`
  if (code === 'CERT_HAS_EXPIRED') return `${by} and ended on ${seen.valid_to} (${code})`
  if (code === 'CERT_NOT_YET_VALID') return `${by} and begins on ${seen.valid_from}: is this clock right? (${code})`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = (seen.subjectaltname ?? '').split(', ').slice(0, 3).join(', ').replaceAll('DNS:', '')
    return `${by} and is for ${names || nameOf(seen.subject)}, not for ${host} (${code})`
  }
  if (!unknownIssuer.has(code)) return `${by} (${code})`
  const chain = code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' || code.startsWith('UNABLE_TO_GET')
  return `${by}, which this computer does not know (${code}). ${
    chain
      ? 'Either the server leaves out an intermediate certificate, or your company reads encrypted traffic'
      : 'Your company may read encrypted traffic'
  }: then IT adds that authority to this computer, or to Settings, Network`
}

// A certificate is written by whoever is at the other end.
const nameOf = (subject: PeerCertificate['issuer'] | undefined) =>
  [subject?.CN, subject?.O, subject?.OU]
    .flat()
    .find(Boolean)
    ?.replace(/[\p{Cc}\p{Cf}“”]/gu, '')
    .slice(0, 100) ?? 'nobody'

export function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException
    if (typeof code === 'string') return code
  }
  return ''
}
