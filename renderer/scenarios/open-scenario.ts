import '../strict-page.ts'
import { useConnection } from '../stores/connection.ts'
import { createMemoryCarrier } from './memory-carrier.ts'
import { createMemoryCore } from './memory-core.ts'
import { createScenarioWorld, scenarios } from './scenarios.ts'

// `?scenario=<name>&theme=dark`; without one, the list.
const query = new URLSearchParams(location.search)
const scenario = scenarios.find(({ name }) => name === query.get('scenario'))

if (scenario) {
  const world = createScenarioWorld(scenario)
  const theme = query.get('theme')
  if (theme === 'light' || theme === 'dark') world.settings.theme = theme
  const memory = createMemoryCore(world)
  Object.assign(globalThis, { causeway: createMemoryCarrier(memory.core), memory })
  history.replaceState(null, '', location.pathname + location.search + scenario.hash)
  useConnection.setState({ state: scenario.connection ?? 'connected' })
  void import('../main.tsx')
} else {
  for (const { name } of scenarios) {
    const link = document.createElement('a')
    link.href = `?scenario=${name}`
    link.textContent = name
    const line = document.createElement('p')
    line.append(link)
    document.body.append(line)
  }
}
