import type { Adapter, StoredPayload } from 'oidc-provider'

/** Everything the SSO remembers, in memory and of this SSO alone, so that a test can make it forget. */
export function createStore() {
  const byModel = new Map<string, Map<string, StoredPayload>>()
  const rows = (model: string) => byModel.get(model) ?? byModel.set(model, new Map()).get(model) ?? new Map()
  const find = (model: string, match: (payload: StoredPayload) => boolean) => {
    for (const payload of rows(model).values()) if (match(payload)) return Promise.resolve(payload)
    return Promise.resolve(undefined)
  }

  const adapter = (model: string): Adapter => ({
    async upsert(id, payload) {
      rows(model).set(id, payload)
    },
    find: async (id) => rows(model).get(id),
    findByUid: (uid) => find(model, (payload) => payload.uid === uid),
    findByUserCode: (userCode) => find(model, (payload) => payload.userCode === userCode),
    async consume(id) {
      const payload = rows(model).get(id)
      if (payload) payload.consumed = Math.floor(Date.now() / 1000)
    },
    async destroy(id) {
      rows(model).delete(id)
    },
    async revokeByGrantId(grantId) {
      for (const [id, payload] of rows(model)) if (payload.grantId === grantId) rows(model).delete(id)
    },
  })

  return {
    adapter,
    /** Everything given out that opens something: codes and refresh tokens are their own ids. */
    secrets: () => ['RefreshToken', 'AuthorizationCode', 'DeviceCode'].flatMap((model) => [...rows(model).keys()]),
    /** Registered clients stay; every session, grant and token is gone. */
    forget() {
      for (const [model, kept] of byModel) if (model !== 'Client') kept.clear()
    },
  }
}
