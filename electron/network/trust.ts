import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
// Not by name: a Node that lacks one of them must not keep the app from starting.
import tls, { type SecureContext, type SecureContextOptions } from 'node:tls'
import { Problem } from '../../shared/problems.ts'
import type { ClientCertificate } from '../../shared/server-config.ts'
import type { Log } from '../lib/log.ts'

type Needs = {
  env: Record<string, string | undefined>
  /** Files with further authorities, PEM or DER. */
  caFiles: () => string[]
  log: Log
}

type CaFile = { path: string; certificates: number; trouble: string | null }
type Authorities = { ca: string[]; bundled: number; system: number; files: CaFile[] }

/**
 * Whom this computer believes: what Node brings, what the operating system trusts, what IT named. Read when the first
 * TLS connection is made and not before: the system’s store alone costs some 60 ms.
 */
export function createTrust({ env, caFiles, log }: Needs) {
  let authorities: Promise<Authorities> | null = null
  const contexts = new Map<string, Promise<SecureContext>>()

  async function read(): Promise<Authorities> {
    const named = [...(env.NODE_EXTRA_CA_CERTS ? [env.NODE_EXTRA_CA_CERTS] : []), ...caFiles()]
    const found = await Promise.all([...new Set(named)].map(readAuthorities))
    for (const { path, trouble } of found) if (trouble) log.warn('authorities.unreadable', { path, trouble })
    const bundled = [...tls.rootCertificates]
    const system = readSystem()
    return {
      ca: [...new Set([...bundled, ...system, ...found.flatMap(({ certificates }) => certificates)])],
      bundled: bundled.length,
      system: new Set(system).size,
      files: found.map(({ path, certificates, trouble }) => ({ path, certificates: certificates.length, trouble })),
    }
  }
  function readSystem() {
    try {
      return tls.getCACertificates('system')
    } catch (error) {
      log.warn('authorities.system-unreadable', { error })
      return []
    }
  }
  const get = () => {
    authorities ??= read()
    return authorities
  }

  async function createContext(client: ClientCertificate | undefined) {
    const { ca } = await get()
    const own = client ? await readClientCertificate(client) : {}
    try {
      return tls.createSecureContext({ ca, minVersion: 'TLSv1.2', ...own })
    } catch (cause) {
      const name = client && 'pfxFile' in client ? client.pfxFile : client?.certFile
      if (name) throw new Problem('network.client-certificate', `${name} cannot be used (${reason(cause)})`, { cause })
      throw cause
    }
  }
  return {
    authorities: get,
    /** Building one from hundreds of authorities takes some 30 ms, so one serves every connection of its kind. */
    async context(client?: ClientCertificate): Promise<SecureContext> {
      const key = JSON.stringify(client ?? null)
      const known = contexts.get(key) ?? createContext(client)
      contexts.set(key, known)
      // What could not be read is read again the next time: the person may have put it right.
      known.catch(() => contexts.delete(key))
      return known
    },
    /** Files and the system’s store are read anew at the next connection. */
    forget() {
      authorities = null
      contexts.clear()
    },
  }
}
export type Trust = ReturnType<typeof createTrust>

const pemBlock = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g

async function readAuthorities(
  path: string,
): Promise<{ path: string; certificates: string[]; trouble: string | null }> {
  try {
    const bytes = await readFile(path)
    const blocks = bytes.toString('latin1').match(pemBlock) ?? [bytes]
    return { path, certificates: blocks.map((block) => new X509Certificate(block).toString()), trouble: null }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return { path, certificates: [], trouble: /^E[A-Z]+$/.test(code ?? '') ? reason(error) : 'it holds no certificate' }
  }
}

async function readClientCertificate(client: ClientCertificate): Promise<SecureContextOptions> {
  const read = async (path: string) => {
    try {
      return await readFile(path)
    } catch (cause) {
      throw new Problem('network.client-certificate', `${path} cannot be read (${reason(cause)})`, { cause })
    }
  }
  const secret = client.passphraseFile ? (await read(client.passphraseFile)).toString().split(/\r?\n/)[0] : undefined
  const passphrase = secret ? { passphrase: secret } : {}
  if ('pfxFile' in client) return { pfx: await read(client.pfxFile), ...passphrase }
  return { cert: await read(client.certFile), key: await read(client.keyFile), ...passphrase }
}

const reason = (error: unknown) => {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message.split('\n')[0]?.slice(0, 100) ?? ''
}
