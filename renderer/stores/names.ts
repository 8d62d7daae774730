import type { CallRow } from '../../shared/contract/activity.ts'
import type { ServerId } from '../../shared/ids.ts'
import { t } from '../texts.ts'
import { useCatalog } from './catalog.ts'
import { useClients } from './clients.ts'

/** Names for the ids in a row. What has left the catalog keeps its id; an app we do not know keeps its own name. */
export function useNames() {
  const servers = useCatalog(({ value }) => value?.servers)
  const clients = useClients(({ value }) => value)
  return {
    nameOfServer: (id: ServerId): string => servers?.find((server) => server.id === id)?.name ?? id,
    nameOfApp: ({ client, clientName }: Pick<CallRow, 'client' | 'clientName'>): string =>
      clients?.find(({ id }) => id === client)?.name ?? clientName ?? client ?? t('activity.unknownApp'),
  }
}
