import { Button, Modal, Text } from '@mantine/core'
import { useState } from 'react'
import { useApp } from '../../stores/app.ts'
import { useLock } from '../../stores/policy.ts'
import { t } from '../../texts.ts'
import { CompanyForm } from '../../ui/company-form.tsx'
import { LockNote } from '../../ui/lock-note.tsx'
import classes from './settings-screen.module.css'

export function CompanyRow() {
  const [editing, setEditing] = useState(false)
  const company = useApp(({ value }) => value?.company)
  const lock = useLock('company')
  const close = () => setEditing(false)
  return (
    <div className={classes.row}>
      <div>
        <p>{t('settings.company')}</p>
        <small>{company ? `${company.name} · ${company.address}` : t('settings.companyNone')}</small>
        {lock && <LockNote lock={lock} />}
      </div>
      <Button disabled={lock !== undefined} variant={company ? 'default' : 'filled'} onClick={() => setEditing(true)}>
        {company ? t('settings.companyChange') : t('settings.companySet')}
      </Button>
      <Modal opened={editing} onClose={close} title={t('settings.companyTitle')}>
        <Text c="dimmed" mb="md">
          {t('settings.companyText')}
        </Text>
        <CompanyForm button={t('settings.companySave')} initial={company?.address ?? ''} onJoined={close} />
      </Modal>
    </div>
  )
}
