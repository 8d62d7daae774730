// The package ships no types. This names what the demo SSO uses of it (oidc-provider 9).
declare module 'oidc-provider' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

  export type StoredPayload = Record<string, unknown> & {
    grantId?: string
    uid?: string
    userCode?: string
    consumed?: number
  }
  export type Adapter = {
    upsert: (id: string, payload: StoredPayload, expiresIn?: number) => Promise<void>
    find: (id: string) => Promise<StoredPayload | undefined>
    findByUid: (uid: string) => Promise<StoredPayload | undefined>
    findByUserCode: (userCode: string) => Promise<StoredPayload | undefined>
    consume: (id: string) => Promise<void>
    destroy: (id: string) => Promise<void>
    revokeByGrantId: (grantId: string) => Promise<void>
  }
  export type Context = {
    body: unknown
    status: number
    set: (headers: Record<string, string>) => void
    oidc: { params?: Record<string, string | undefined>; client?: { clientName?: string; clientId: string } }
  }
  export type Token = { accountId?: string; jti: string }
  export type Interaction = {
    uid: string
    prompt: { name: string; reasons: string[] }
    params: Record<string, unknown>
    session?: { accountId?: string }
  }
  export class Grant {
    constructor(init: { accountId: string; clientId: string })
    addOIDCScope(scope: string): void
    addResourceScope(resource: string, scope: string): void
    save(): Promise<string>
  }
  export class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>)
    Grant: typeof Grant
    callback(): RequestListener
    interactionDetails(req: IncomingMessage, res: ServerResponse): Promise<Interaction>
    interactionFinished(req: IncomingMessage, res: ServerResponse, result: Record<string, unknown>): Promise<void>
    registerGrantType(name: string, handler: (ctx: Context) => Promise<void>, params: string[]): void
    on(event: 'grant.success' | 'grant.error' | 'authorization.success', listener: (ctx: Context) => void): this
    on(event: 'access_token.issued', listener: (token: Token) => void): this
    on(event: 'server_error', listener: (ctx: Context, error: Error) => void): this
  }
  type ErrorClass = new (description?: string) => Error
  export const errors: Record<'InvalidTarget' | 'InvalidGrant' | 'InvalidRequest' | 'AccessDenied', ErrorClass>
}
