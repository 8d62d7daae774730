import { Button, Title } from '@mantine/core'
import { useClients } from '../../stores/clients.ts'
import { endWelcome } from '../../stores/welcome.ts'
import { t } from '../../texts.ts'
import { LevelTile } from '../../ui/level.tsx'
import classes from './welcome-screen.module.css'

export function DoneStep() {
  const clients = useClients(({ value }) => value) ?? []
  const count = clients.filter(({ state, waiting }) => state === 'set-up' || waiting).length
  const left = clients.flatMap(({ toFinish }) => toFinish ?? [])
  return (
    <>
      <div className={classes.done}>
        <LevelTile level="ok" size={48} />
        <div>
          <Title order={2}>{t('welcome.done.title')}</Title>
          <p>{count === 0 ? t('welcome.done.textNone') : t('welcome.done.text', { count })}</p>
          {left.length > 0 && <p>{t('welcome.done.left', { what: left.join(' · ') })}</p>}
        </div>
      </div>
      <Button size="md" onClick={() => void endWelcome()}>
        {t('welcome.done.finish')}
      </Button>
    </>
  )
}
