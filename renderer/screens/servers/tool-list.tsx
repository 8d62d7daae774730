import { useState } from 'react'
import type { Tool } from '../../../shared/contract/health.ts'
import { useTools } from '../../stores/health.ts'
import { t } from '../../texts.ts'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { RowsSkeleton } from '../../ui/rows-skeleton.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { KindBadge } from './kind-badge.tsx'
import classes from './server-drawer.module.css'

const manyTools = 8

export function ToolList() {
  const { tools, problem } = useTools()
  const [search, setSearch] = useState('')
  if (problem) return <ProblemNote problem={problem} />
  if (!tools) return <RowsSkeleton count={4} height={44} />
  if (tools.length === 0) return <p className={classes.quiet}>{t('server.toolsUnknown')}</p>
  const found = tools.filter(({ name, title, description }) =>
    `${name} ${title ?? ''} ${description ?? ''}`.toLowerCase().includes(search.toLowerCase()),
  )
  return (
    <>
      {tools.length > manyTools && <SearchField label={t('server.toolSearch')} value={search} onChange={setSearch} />}
      {found.length === 0 && <p className={classes.quiet}>{t('server.toolsNoMatch', { search })}</p>}
      <ul className={classes.tools} aria-label={t('server.tools')}>
        {found.map((tool) => (
          <ToolRow key={tool.name} tool={tool} />
        ))}
      </ul>
      <p className={classes.quiet}>{t('server.kindsNote')}</p>
    </>
  )
}

function ToolRow({ tool: { name, title, description, kind } }: { tool: Tool }) {
  const text = [title, description].filter(Boolean).join(': ')
  return (
    <li className={classes.tool}>
      <div className={classes.toolHead}>
        <code>{name}</code>
        <KindBadge kind={kind} />
      </div>
      {text && <p title={text}>{text}</p>}
    </li>
  )
}
