import { useDebouncedCallback } from '@mantine/hooks'
import { useState } from 'react'
import { CallRow } from '../../../shared/contract/activity.ts'
import { ClientId, ServerId } from '../../../shared/ids.ts'
import { setFilter, useActivity } from '../../stores/activity.ts'
import { useCatalog } from '../../stores/catalog.ts'
import { useClients } from '../../stores/clients.ts'
import { t } from '../../texts.ts'
import { Choice } from '../../ui/choice.tsx'
import { formatCount } from '../../ui/format.ts'
import { SearchField } from '../../ui/search-field.tsx'
import classes from './activity-screen.module.css'

const typingPauseMs = 250

export function Filters() {
  const { filter, total, status } = useActivity()
  const servers = useCatalog(({ value }) => value?.servers)
  const clients = useClients(({ value }) => value)
  return (
    <div className={classes.tools}>
      <Search key={filter.search === undefined ? 'cleared' : 'searching'} />
      <Narrow
        label={t('activity.filterServer')}
        all={t('activity.allServers')}
        data={toOptions(servers?.filter(({ allowed }) => allowed))}
        value={filter.server}
        onChange={(value) => void setFilter({ server: ServerId.safeParse(value).data })}
      />
      <Narrow
        label={t('activity.filterApp')}
        all={t('activity.allApps')}
        data={toOptions(clients?.filter(({ installed }) => installed))}
        value={filter.client}
        onChange={(value) => void setFilter({ client: ClientId.safeParse(value).data })}
      />
      <Narrow
        label={t('activity.filterOutcome')}
        all={t('activity.allOutcomes')}
        data={CallRow.shape.outcome.options.map((value) => ({ value, label: t(`activity.outcomes.${value}`) }))}
        value={filter.outcome}
        onChange={(value) => void setFilter({ outcome: CallRow.shape.outcome.safeParse(value).data })}
      />
      {status === 'ready' && (
        <span className={classes.total}>{t('activity.total', { count: total, formatted: formatCount(total) })}</span>
      )}
    </div>
  )
}

const toOptions = (named: { id: string; name: string }[] = []) =>
  named.map(({ id, name }) => ({ value: id, label: name }))

/** Asks the log when the typing pauses, not at each letter. */
function Search() {
  const [typed, setTyped] = useState(useActivity.getState().filter.search ?? '')
  const ask = useDebouncedCallback((search: string) => void setFilter({ search }), typingPauseMs)
  const change = (search: string) => {
    setTyped(search)
    ask(search)
  }
  return <SearchField label={t('activity.search')} value={typed} onChange={change} />
}

type NarrowProps = {
  label: string
  all: string
  data: { value: string; label: string }[]
  value: string | undefined
  onChange: (value: string) => void
}

function Narrow({ label, all, data, value = '', onChange }: NarrowProps) {
  // What is filtered for may have left the list since; the filter is still said.
  const gone = value === '' || data.some((option) => option.value === value) ? [] : [{ value, label: value }]
  const options = [{ value: '', label: all }, ...data, ...gone]
  return <Choice aria-label={label} data={options} value={value} onChange={onChange} />
}
