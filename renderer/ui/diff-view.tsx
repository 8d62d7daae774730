import { VisuallyHidden } from '@mantine/core'
import { t } from '../texts.ts'
import { parseDiff } from './diff.ts'
import classes from './diff-view.module.css'

/** The exact change. Signs stand before the lines, so colour says nothing alone. */
export function DiffView({ diff, label }: { diff: string; label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className={classes.diff} tabIndex={0} aria-label={label}>
      <pre className={classes.lines}>
        {parseDiff(diff).map(({ kind, text }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines repeat and never move
          <span key={index} className={`${classes.line} ${kind === 'same' ? '' : classes[kind]}`}>
            {(kind === 'added' || kind === 'removed') && (
              <VisuallyHidden component="span">{t(`change.${kind}`)} </VisuallyHidden>
            )}
            {text}
            {'\n'}
          </span>
        ))}
      </pre>
    </section>
  )
}
