import { Button, Title } from '@mantine/core'
import { useClients } from '../../stores/clients.ts'
import { openReadiness, type Readiness, useReadiness } from '../../stores/readiness.ts'
import { useOpened } from '../../stores/use-opened.ts'
import { endWelcome } from '../../stores/welcome.ts'
import { t } from '../../texts.ts'
import { LevelIcon, LevelTile } from '../../ui/level.tsx'
import { Monogram } from '../../ui/monogram.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import classes from './welcome-screen.module.css'

/** The proof: each app that was set up is tried from end to end. */
export function DoneStep() {
  const clients = useClients(({ value }) => value)
  const setUp = clients?.filter(({ state }) => state === 'set-up').map(({ id }) => id) ?? []
  useOpened(() => openReadiness(setUp), setUp.join(' '))
  const apps = useReadiness((state) => state.apps)
  const left = clients?.flatMap(({ toFinish }) => toFinish ?? []) ?? []
  return (
    <>
      <div className={classes.done} aria-live="polite">
        <Outcome apps={apps} left={left} />
      </div>
      {apps.length > 0 && (
        <ul className={classes.apps}>
          {apps.map((app) => (
            <AppLine
              key={app.client}
              app={app}
              name={clients?.find(({ id }) => id === app.client)?.name ?? app.client}
            />
          ))}
        </ul>
      )}
      <Button size="md" onClick={() => void endWelcome()}>
        {t('welcome.done.finish')}
      </Button>
    </>
  )
}

function Outcome({ apps, left }: { apps: Readiness[]; left: string[] }) {
  const total = apps.length
  const ready = apps.filter(({ state }) => state === 'ready').length
  const { level, title, text } = apps.some(({ state }) => state === 'checking')
    ? { level: 'working' as const, title: t('welcome.done.checking'), text: t('welcome.done.checkingText') }
    : ready < total
      ? {
          level: 'needs-you' as const,
          title: t('welcome.done.most', { ready, total }),
          text: t('welcome.done.mostText'),
        }
      : { level: 'ok' as const, title: t('welcome.done.title'), text: toText(total, left) }
  return (
    <>
      <LevelTile level={level} size={48} />
      <div>
        <Title order={2}>{title}</Title>
        {text && <p>{text}</p>}
        {left.length > 0 && <p>{t('welcome.done.left', { what: left.join(' · ') })}</p>}
      </div>
    </>
  )
}

/** A change that waits for its app to quit is no app that is connected yet, and no reason to connect one. */
function toText(count: number, left: string[]) {
  if (count > 0) return t('welcome.done.text', { count })
  return left.length > 0 ? null : t('welcome.done.textNone')
}

function AppLine({ app, name }: { app: Readiness; name: string }) {
  if (app.state === 'troubled' && app.problem)
    return (
      <li className={classes.app}>
        <div className={classes.name}>
          <ProblemNote problem={app.problem} subject={name} client={app.client} />
        </div>
      </li>
    )
  return (
    <li className={classes.app}>
      <Monogram name={name} />
      <div className={classes.name}>
        {name}
        <span>
          {app.state === 'ready'
            ? t('welcome.done.app', { ready: app.answering, total: app.total })
            : t('welcome.done.appChecking')}
        </span>
      </div>
      <LevelIcon level={app.state === 'ready' ? 'ok' : 'working'} />
    </li>
  )
}
