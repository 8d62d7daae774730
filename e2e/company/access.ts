import type { Express, RequestHandler, Response } from 'express'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { z } from 'zod'
import { companyAudience } from './people.ts'

/** Whoever stands behind a request, as its token says. */
export type Caller = { id: string; name: string; groups: string[] }

const Claims = z.object({ sub: z.string(), jti: z.string(), name: z.string(), groups: z.array(z.string()) })

type Needs = { issuer: string; jwks: JSONWebKeySet; isRevoked: (jti: string) => boolean }
type Rule = {
  /** The server's own URL as clients call it; also the audience it accepts. */
  resource: string
  /** Members of one of these groups may come in; everyone of the company when absent. */
  groups?: string[]
  /** Refuse the company-wide audience: only tokens made for this server. */
  ownAudienceOnly?: boolean
}

export type Access = ReturnType<typeof createAccess>

/** Decides who may call a server. It holds the issuer's keys itself: servers go on while the SSO is away. */
export function createAccess({ issuer, jwks, isRevoked }: Needs) {
  const keys = createLocalJWKSet(jwks)

  async function findCaller(token: string, audience: string[]): Promise<Caller | null> {
    try {
      const { payload } = await jwtVerify(token, keys, { issuer, audience, algorithms: ['RS256'] })
      const { sub, jti, name, groups } = Claims.parse(payload)
      return isRevoked(jti) ? null : { id: sub, name, groups }
    } catch {
      return null
    }
  }

  /** 401 names the metadata of RFC 9728 §5.1; 403 says which group is missing. */
  const guard =
    ({ resource, groups, ownAudienceOnly = false }: Rule): RequestHandler =>
    async (req, res, next) => {
      const metadata = `resource_metadata="${metadataUrl(resource)}"`
      const token = /^Bearer (\S+)$/i.exec(req.get('authorization') ?? '')?.[1]
      if (!token) {
        res.set('www-authenticate', `Bearer ${metadata}`).status(401).json({ error: 'unauthorized' })
        return
      }
      const caller = await findCaller(token, ownAudienceOnly ? [resource] : [resource, companyAudience])
      if (!caller) {
        const challenge = `Bearer error="invalid_token", error_description="The access token is not valid here", ${metadata}`
        res.set('www-authenticate', challenge).status(401).json({ error: 'invalid_token' })
        return
      }
      if (groups && !groups.some((group) => caller.groups.includes(group))) {
        const error_description = `${caller.name} is in none of the groups ${groups.join(', ')}`
        res.status(403).json({ error: 'forbidden', error_description })
        return
      }
      setCaller(res, caller)
      next()
    }

  const metadata =
    (resource: string): RequestHandler =>
    (_req, res) =>
      void res.json({
        resource,
        authorization_servers: [issuer],
        scopes_supported: ['mcp'],
        bearer_methods_supported: ['header'],
      })

  /** The app with the metadata of its resource beside it. */
  const withMetadata = (resource: string, app: Express) =>
    app.get(new URL(metadataUrl(resource)).pathname, metadata(resource))

  return { guard, withMetadata }
}

/** Where RFC 9728 §3.1 puts the metadata of a resource: the well-known part goes before its path. */
export function metadataUrl(resource: string) {
  const { origin, pathname } = new URL(resource)
  return `${origin}/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`
}

export const setCaller = (res: Response, caller: Caller) => {
  res.locals.caller = caller
}
export const callerOf = (res: Response) => res.locals.caller as Caller
