import { join } from 'node:path'
import type { AppInfo } from '../shared/contract/app.ts'
import type { ClientApp } from '../shared/contract/clients.ts'
import { type CoreApi, contract } from '../shared/contract/contract.ts'
import type { Settings } from '../shared/contract/settings.ts'
import { fromData, Problem } from '../shared/problems.ts'
import type { CompanyDocument } from '../shared/server-config.ts'
import { createActivity } from './activity/activity.ts'
import { createApp } from './app/app.ts'
import { toDiagnostics } from './app/diagnostics.ts'
import type { Assets } from './assets.ts'
import { createAuth } from './auth/auth.ts'
import { createBridge } from './bridge/bridge.ts'
import { writeLaunch } from './bridge/launch-file.ts'
import type { EraVerdict, OrderVerdict, Verdict } from './bridge/links/link-options.ts'
import { openLink } from './bridge/links/open-link.ts'
import { createSharedServers } from './bridge/links/shared-servers.ts'
import { createCatalog } from './catalog/catalog.ts'
import { createClients } from './clients/clients.ts'
import { readProcesses } from './clients/processes.ts'
import { createCompany } from './company/company.ts'
import { toConcerns } from './health/concerns.ts'
import { createHealth } from './health/health.ts'
import { serveControl } from './ipc/control-carrier.ts'
import { createDispatcher, type Dispatcher } from './ipc/dispatcher.ts'
import type { BridgeCommand } from './lib/bridge-command.ts'
import type { Log } from './lib/log.ts'
import type { Paths } from './lib/paths.ts'
import { createRest } from './lib/rest.ts'
import { createCheck } from './network/check.ts'
import { createNetwork } from './network/network.ts'
import { createReport } from './network/report.ts'
import { openPolicy } from './policy/policy.ts'
import type { PolicySources } from './policy/reading.ts'
import { createSettings, type SettingsStore } from './settings/settings.ts'
import type { Keychain } from './vault/keychain.ts'
import { createVault } from './vault/vault.ts'

export type CoreOptions = {
  mode: AppInfo['mode']
  assets: Assets
  paths: Paths
  env: Record<string, string | undefined>
  platform: NodeJS.Platform
  store: SettingsStore
  policySources: PolicySources
  keychain: Keychain
  bridgeCommand: BridgeCommand
  /** How a bridge that finds no hub starts this one again in the background: a full path and arguments. */
  launch: string[]
  /** The system's proxy for an address, in a PAC file's words, where somebody knows it. */
  resolveProxy?: (url: string) => Promise<string>
  openUrl: (url: string) => Promise<boolean>
  openPath: (path: string) => Promise<boolean>
  /** Shows the window; the address that opens it once, where it is one in the browser. Throws app.no-window. */
  openWindow: () => Promise<{ address: string | null }>
  /** Ends the process that runs the core. */
  quit: () => void
  log: Log
}
export type Core = {
  api: CoreApi
  dispatcher: Dispatcher
  /** Settles once the company, its servers and the person are known as well as they can be now. Never rejects. */
  ready: Promise<void>
  /** Asks every window to show a screen. */
  show: ReturnType<typeof createApp>['show']
  /** The machine woke up: what was known about the network may be wrong. */
  resumed: () => void
  /** True while a call into the OS keychain hangs, which would hold up an orderly exit of the process. */
  keychainHangs: () => boolean
  close: () => Promise<void>
}

/**
 * Builds every room and hands each what it needs; the only file that knows them all. Throws app.already-running where
 * another core has this data folder.
 */
export async function createCore(options: CoreOptions): Promise<Core> {
  const { mode, assets, paths, env, platform, store, keychain, bridgeCommand, log } = options
  const { version } = assets
  const now = () => new Date()
  const startedAt = now()

  const policy = await openPolicy({
    sources: options.policySources,
    // Whoever starts the app by a command may name a company there, and it counts as their choice.
    person: () =>
      withoutNull({ ...settings.chosen(), ...(env.CAUSEWAY_COMPANY ? { company: env.CAUSEWAY_COMPANY } : {}) }),
    company: () => toDecisions(company.current()?.document),
    log: log.child('policy'),
  })
  const settings = createSettings({
    store,
    managed: {
      settle: (chosen) => policy.settle(withoutNull(chosen)),
      isLocked: policy.isLocked,
      changed: policy.decided,
    },
    log: log.child('settings'),
  })
  const network = createNetwork({
    env,
    proxy: () => settings.snapshot().proxy,
    caFiles: () => settings.snapshot().caFiles,
    resolveProxy: options.resolveProxy,
    servers: () => catalog.all(),
    log: log.child('network'),
  })
  const { fetch } = network
  const company = createCompany({
    settings: { company: findCompany, setCompany: settings.setCompany },
    ...{ cacheFolder: paths.cache, fetch, now, log: log.child('company') },
  })
  const vault = createVault({
    ...{ folder: paths.data, keychain, now, createdBy: version, log: log.child('vault') },
    requireKeychain: () => policy.get('requireKeychain'),
  })
  const auth = createAuth({
    company: company.current,
    companyChanged: company.changed,
    companyKnown: company.known,
    vault,
    openUrl: options.openUrl,
    // All of them, also those for other groups: groups come with the sign-in and may change after it.
    servers: () => catalog.allowed(),
    audiences: () => catalog.all().flatMap(({ auth }) => (auth.kind === 'sso' ? [auth] : [])),
    fetch,
    cacheFolder: join(paths.cache, 'sso'),
    allowInsecure: true,
    log: log.child('auth'),
  })
  const catalog = createCatalog({
    catalogUrl: () => company.current()?.document.catalogUrl ?? null,
    account: auth.account,
    ...{ cacheFolder: paths.cache, fetch, now, log: log.child('catalog') },
  })
  const activity = createActivity({
    folder: paths.data,
    account: () => auth.account()?.id ?? null,
    keepDays: () => settings.snapshot().activityDays,
    workerUrl: assets.workerUrl,
    now,
    log: log.child('activity'),
  })
  const clients = createClients({
    home: paths.home,
    env,
    platform,
    folder: paths.clients,
    servers: () => catalog.allowed().map(({ id, name, description }) => ({ id, name, description: description ?? '' })),
    serversChanged: catalog.changed,
    entryFor: (client, server) => ({
      command: bridgeCommand.command,
      args: [...bridgeCommand.args, server, '--client', client],
      env: env.CAUSEWAY_HOME ? { CAUSEWAY_HOME: env.CAUSEWAY_HOME } : {},
    }),
    processes: () => readProcesses(platform),
    repairPolicy: () => settings.snapshot().repairApps,
    version,
    now,
    log: log.child('clients'),
  })
  const rest = createRest()
  const verdicts = new Map<string, Verdict>()
  const eras = new Map<string, EraVerdict>()
  const shared = createSharedServers({ version, account: () => auth.account()?.id ?? null })
  const orders = new Map<string, OrderVerdict>()
  const eraKey = (url: string) => `${auth.account()?.id ?? ''} ${url}`
  const bridge = createBridge({
    runFolder: paths.run,
    cacheFolder: paths.cache,
    runtimeFolder: env.XDG_RUNTIME_DIR,
    version,
    findServer: (id) => {
      // Whose servers these are is IT’s decision, and it cannot be read: nobody is served by guess.
      policy.demand('company')
      return catalog.find(id)
    },
    headers: auth.headers,
    openLink: (needs) =>
      openLink(needs, {
        dispatcher: network.dispatcher,
        environment: env,
        shared,
        recall: (url) => verdicts.get(url),
        remember: (url, verdict) => verdicts.set(url, verdict),
        recallEra: (url) => eras.get(eraKey(url)),
        rememberEra: (url, verdict) => eras.set(eraKey(url), verdict),
        recallOrder: (url) => orders.get(url),
        rememberOrder: (url, verdict) => orders.set(url, verdict),
      }),
    allowAdHoc: () => settings.snapshot().allowAdHoc,
    account: () => auth.account()?.id ?? null,
    record(row) {
      rest.worked(row.requestBytes + row.responseBytes)
      activity.record(row)
    },
    seen: ({ client, stage, at }) => {
      if (client) clients.seen({ client, stage, at })
    },
    control: (connection) => serveControl(dispatcher, connection),
    maxClientLineBytes: (client) => {
      const { answerMb } = settings.snapshot()
      return answerMb ? answerMb * 1024 * 1024 : clients.maxLineBytes(client)
    },
    // A bridge that reconnects right after a start is not told “unknown server” before the servers are known.
    ready: () => ready,
    now,
    log: log.child('bridge'),
  })
  let apps: ClientApp[] = []
  const health = createHealth({
    servers: () =>
      catalog.snapshot().servers.map(({ id, name, allowed, auth }) => ({
        id,
        name,
        allowed,
        needsSignIn: auth.startsWith('sso') || auth === 'id-jag',
      })),
    auth: auth.snapshot,
    concerns: () =>
      toConcerns({
        company: company.isChosen() ? company.problem() : new Problem('app.no-company').data,
        vault: vault.snapshot(),
        catalog: catalog.snapshot(),
        clients: apps,
      }),
    probe: bridge.inspect,
    now,
    random: Math.random,
    log: log.child('health'),
  })
  const report = createReport({
    network,
    check: createCheck({ network }),
    proxy: () => settings.snapshot().proxy,
    findServer: catalog.find,
    servers: catalog.allowed,
    healthOf: (id) => health.snapshot().servers.find(({ server }) => server === id),
  })
  const app = createApp({
    version,
    mode,
    startedAt,
    dataFolder: paths.data,
    company: company.current,
    companyProblem: company.problem,
    joinCompany: (address) => (policy.isLocked('company') ? joinDecided(address) : company.join(address)),
    knownPaths: async () => {
      const known = (await clients.snapshot()).map(({ configPath }) => configPath)
      return [paths.data, paths.logs, ...known]
    },
    openPath: options.openPath,
    openWindow: options.openWindow,
    diagnostics: async () =>
      toDiagnostics({
        app: app.snapshot(),
        auth: auth.snapshot(),
        vault: vault.snapshot(),
        catalog: catalog.snapshot(),
        health: health.snapshot(),
        clients: await clients.snapshot(),
        bridge: bridgeCommand,
        policy: policy.snapshot(),
        network: await report.lines(),
        home: paths.home,
      }),
    quit: options.quit,
  })
  const { connections } = auth
  const api: CoreApi = {
    ...{ app, auth, connections, vault, catalog, health, clients, activity, settings, policy },
    network: { facts: report.facts, check: report.check },
  }
  const dispatcher = createDispatcher(contract, api, log.child('ipc'))

  const known = Promise.withResolvers<void>()
  const ready = known.promise
  let catalogRead: Promise<unknown> = Promise.resolve()
  company.changed(() => {
    app.tell()
    policy.tell()
    // What the company asks of the vault may have become stricter.
    if (vault.snapshot().state === 'memory') void vault.retry()
    catalogRead = catalog.refresh()
  })
  let signedIn = auth.account()?.id
  auth.changed(() => {
    catalog.accountChanged()
    const account = auth.account()?.id
    if (account === signedIn) return health.tell()
    signedIn = account
    bridge.wake()
    health.reconsider()
  })
  catalog.changed(() => {
    network.reconsider()
    bridge.wake()
    health.reconsider()
    auth.serversChanged()
  })
  auth.connected((server) => {
    bridge.wake()
    if (catalog.find(server)) void health.recheck({ server })
  })
  vault.changed(health.tell)
  let allowedAdHoc = settings.snapshot().allowAdHoc
  network.moved(resumed)
  settings.changed(({ allowAdHoc, repairApps }) => {
    policy.tell()
    network.reconsider()
    // What is lost by now comes back at the next look.
    if (repairApps === 'auto') void clients.rescan()
    void activity.prune()
    if (allowAdHoc !== allowedAdHoc) bridge.wake()
    allowedAdHoc = allowAdHoc
  })
  let companyBefore = tellCompany()
  policy.decided(() => {
    // Without a keychain, what is asked of the vault may have become stricter or less strict.
    if (['memory', 'broken'].includes(vault.snapshot().state)) void vault.retry()
    const now = tellCompany()
    if (now === companyBefore) return
    companyBefore = now
    void company.refresh()
    bridge.wake()
  })
  const onApps = (found: ClientApp[]) => {
    apps = found
    health.tell()
  }
  clients.changed(onApps)
  bridge.traffic(health.traffic)

  function findCompany() {
    policy.demand('company')
    return policy.get('company')
  }
  /** The company that IT chose is asked once more, when the person wants to; no other one is joined. */
  async function joinDecided(address: string) {
    policy.demand('company')
    if (address !== policy.get('company')) throw new Problem('policy.locked', 'the company’s address')
    await company.refresh()
    const problem = company.problem()
    if (problem) throw fromData(problem)
  }
  function tellCompany() {
    try {
      return findCompany()
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  /** What was known of hosts may be wrong now; connections made before are of no use any more. */
  function resumed() {
    void policy.reload()
    auth.resumed()
    bridge.resumed()
    void company.refresh()
    health.reconsider()
  }

  async function close() {
    rest.close()
    health.close()
    await bridge.close()
    // A refresh under way is stored before the network goes: its old token may be worth nothing any more.
    await Promise.all([shared.close(), auth.close(), clients.close(), activity.close()])
    await network.close()
    await vault.close()
    await policy.close()
  }
  try {
    await bridge.listen()
    await writeLaunch(paths.data, options.launch)
  } catch (error) {
    await close()
    throw error
  }
  // The socket answers before the network is asked: a client that waits is told, one that can be served is.
  void Promise.allSettled([company.refresh().then(() => catalogRead), auth.opened]).then(() => known.resolve())
  void clients.snapshot().then(onApps)
  // A start leaves as much behind as a busy minute.
  rest.worked()
  log.info('app.started', { version, mode, pid: process.pid })

  return {
    api,
    dispatcher,
    ready,
    show: app.show,
    resumed() {
      network.reset()
      resumed()
    },
    keychainHangs: vault.keychainHangs,
    async close() {
      await close()
      log.info('app.ended', {})
    },
  }
}

/** No company is no choice of one, so IT’s suggestion holds. */
const withoutNull = ({ company, ...chosen }: Partial<Settings>) => (company ? { ...chosen, company } : chosen)

const toDecisions = (document: CompanyDocument | undefined) =>
  document?.requireKeychain ? { requireKeychain: true } : {}
