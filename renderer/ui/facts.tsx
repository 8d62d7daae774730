import { Fragment, type ReactNode } from 'react'
import classes from './facts.module.css'

export type Fact = { name: string; value: ReactNode; mono?: boolean }

/** Names and values, one pair a line. What is not known is left out. */
export function Facts({ facts }: { facts: (Fact | null | false)[] }) {
  return (
    <dl className={classes.facts}>
      {facts
        .filter((fact): fact is Fact => Boolean(fact))
        .map(({ name, value, mono }) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd className={mono ? classes.mono : ''}>{value}</dd>
          </Fragment>
        ))}
    </dl>
  )
}
