import { Select } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useState } from 'react'
import { CallRow } from '../../../shared/contract/activity.ts'
import { ClientId, ServerId } from '../../../shared/ids.ts'
import { setFilter, useActivity } from '../../stores/activity.ts'
import { useCatalog } from '../../stores/catalog.ts'
import { useClients } from '../../stores/clients.ts'
import { t } from '../../texts.ts'
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
      <Choice
        label={t('activity.filterServer')}
        data={toOptions(servers?.filter(({ allowed }) => allowed))}
        value={filter.server ?? null}
        onChange={(value) => void setFilter({ server: ServerId.safeParse(value).data })}
      />
      <Choice
        label={t('activity.filterApp')}
        data={toOptions(clients?.filter(({ installed }) => installed))}
        value={filter.client ?? null}
        onChange={(value) => void setFilter({ client: ClientId.safeParse(value).data })}
      />
      <Choice
        label={t('activity.filterOutcome')}
        data={CallRow.shape.outcome.options.map((value) => ({ value, label: t(`activity.outcomes.${value}`) }))}
        value={filter.outcome ?? null}
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

type ChoiceProps = {
  label: string
  data: { value: string; label: string }[]
  value: string | null
  onChange: (value: string | null) => void
}

function Choice({ label, ...rest }: ChoiceProps) {
  return <Select {...rest} aria-label={label} placeholder={label} size="sm" clearable searchable={false} />
}
