import { Button, Switch } from '@mantine/core'
import { IconArrowBackUp } from '@tabler/icons-react'
import { useId, useState } from 'react'
import type { ClientApp } from '../../../shared/contract/clients.ts'
import { forgetGivenBack } from '../../stores/clients.ts'
import { useLock } from '../../stores/policy.ts'
import { updateSettings, useSettings } from '../../stores/settings.ts'
import { t } from '../../texts.ts'
import { LockNote } from '../../ui/lock-note.tsx'
import { Card, Section } from '../../ui/screen.tsx'
import classes from './apps-screen.module.css'
import { GiveBackDialog } from './give-back-dialog.tsx'

/** What concerns all apps at once: whether losses are repaired by themselves, and the way out of all of them. */
export function AllApps({ apps }: { apps: ClientApp[] }) {
  const [open, setOpen] = useState(false)
  const ours = apps.filter(({ canUndo, waiting }) => canUndo || waiting)
  const begin = () => {
    forgetGivenBack()
    setOpen(true)
  }
  return (
    <Section title={t('allApps.title')}>
      <Card>
        <AutoRepair />
        <div className={classes.all}>
          <div>
            {t('allApps.giveBack')}
            <div className={classes.about}>{t('allApps.giveBackText')}</div>
          </div>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconArrowBackUp size={15} aria-hidden />}
            disabled={ours.length === 0}
            onClick={begin}
          >
            {t('allApps.giveBackButton')}
          </Button>
        </div>
      </Card>
      <GiveBackDialog opened={open} apps={ours} onClose={() => setOpen(false)} />
    </Section>
  )
}

function AutoRepair() {
  const repair = useSettings(({ value }) => value?.repairApps)
  const lock = useLock('repairApps')
  const id = useId()
  return (
    <div className={classes.all}>
      <div>
        {t('allApps.repair')}
        <div className={classes.about} id={id}>
          {t('allApps.repairText')} {lock && <LockNote lock={lock} />}
        </div>
      </div>
      <Switch
        size="md"
        aria-label={t('allApps.repair')}
        aria-describedby={id}
        disabled={repair === undefined || lock !== undefined}
        checked={repair === 'auto'}
        onChange={(event) => void updateSettings({ repairApps: event.currentTarget.checked ? 'auto' : 'ask' })}
      />
    </div>
  )
}
