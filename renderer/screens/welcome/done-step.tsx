import { Button, Title } from '@mantine/core'
import { useClients } from '../../stores/clients.ts'
import { endWelcome } from '../../stores/welcome.ts'
import { t } from '../../texts.ts'
import { LevelTile } from '../../ui/level.tsx'
import classes from './welcome-screen.module.css'

export function DoneStep() {
  const count = useClients(({ value }) => value?.filter(({ state }) => state === 'set-up').length ?? 0)
  return (
    <>
      <div className={classes.done}>
        <LevelTile level="ok" size={48} />
        <div>
          <Title order={2}>{t('welcome.done.title')}</Title>
          <p>{count === 0 ? t('welcome.done.textNone') : t('welcome.done.text', { count })}</p>
        </div>
      </div>
      <Button size="md" onClick={() => void endWelcome()}>
        {t('welcome.done.finish')}
      </Button>
    </>
  )
}
