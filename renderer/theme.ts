import { createTheme, DEFAULT_THEME, type MantineColorsTuple, mergeMantineTheme } from '@mantine/core'
import { en } from '../shared/texts/en.ts'

const tide: MantineColorsTuple = [
  '#eef4ff',
  '#dce7fd',
  '#bbd0fa',
  '#94b4f5',
  '#6f9aef',
  '#4f80e6',
  '#2f66d8',
  '#2555bb',
  '#1f4798',
  '#1a3a7a',
]
// Slate instead of pure grey, in both schemes: text of `gray.6` on white and `dark.2` on `dark.7` keeps 4.5:1.
const gray: MantineColorsTuple = [
  '#f7f8fa',
  '#f0f2f5',
  '#e5e8ee',
  '#d6dbe3',
  '#c2c9d4',
  '#8b95a5',
  '#5a6676',
  '#455061',
  '#2d3644',
  '#1a212b',
]
const dark: MantineColorsTuple = [
  '#e3e7ed',
  '#c3cad4',
  '#9ba6b5',
  '#768293',
  '#3b4452',
  '#2e3643',
  '#242b36',
  '#1b212a',
  '#151a22',
  '#0f1319',
]

const systemFont =
  "'Inter Variable', system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Noto Sans', sans-serif"

const closeButtonProps = { 'aria-label': en.common.close }

/** The look. Its CSS variables are written into a stylesheet at build time (`theme-css.ts`). */
export const theme = createTheme({
  primaryColor: 'tide',
  primaryShade: { light: 6, dark: 6 },
  colors: { tide, gray, dark },
  black: '#1a212b',
  fontFamily: systemFont,
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', Consolas, 'DejaVu Sans Mono', monospace",
  headings: {
    fontFamily: systemFont,
    fontWeight: '650',
    sizes: {
      h1: { fontSize: '1.375rem', lineHeight: '1.3' },
      h2: { fontSize: '0.9375rem', lineHeight: '1.4' },
      h3: { fontSize: '0.875rem', lineHeight: '1.4' },
    },
  },
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  defaultRadius: 'md',
  radius: { xs: '3px', sm: '5px', md: '7px', lg: '10px', xl: '16px' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    // Locking the page's scroll would write a <style> element, which the content policy refuses; the page never scrolls.
    Modal: {
      defaultProps: { lockScroll: false, closeButtonProps, centered: true, radius: 'lg', padding: 'lg' },
      styles: { title: { fontSize: '1rem', fontWeight: 650 } },
    },
    Drawer: {
      defaultProps: { lockScroll: false, closeButtonProps, position: 'right', padding: 'lg', size: 460 },
      styles: { title: { fontSize: '1rem', fontWeight: 650 } },
    },
    Button: { defaultProps: { size: 'sm' } },
    Badge: { defaultProps: { radius: 'sm', tt: 'none', fw: 550 } },
  },
})

export const wholeTheme = mergeMantineTheme(DEFAULT_THEME, theme)
