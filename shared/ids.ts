import { z } from 'zod'

/** A server as the catalog names it. It is also the name of the entry in a client's config: lower case, no `_` (Gemini splits at it). */
export const ServerId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
  .brand('ServerId')
export type ServerId = z.infer<typeof ServerId>

/** An AI client this product knows, such as `vscode` or `claude-desktop`. */
export const ClientId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
  .brand('ClientId')
export type ClientId = z.infer<typeof ClientId>

/** Namespace of one person at one issuer: the first 32 hex digits of SHA-256(`iss|sub`). */
export const AccountId = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .brand('AccountId')
export type AccountId = z.infer<typeof AccountId>
