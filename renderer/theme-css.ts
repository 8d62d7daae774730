import { convertCssVariables, defaultCssVariablesResolver } from '@mantine/core'
import { wholeTheme } from './theme.ts'

const scheme = {
  light: {
    '--mantine-color-dimmed': 'var(--mantine-color-gray-6)',
    '--mantine-color-placeholder': 'var(--mantine-color-gray-6)',
    '--mantine-color-default-border': 'var(--mantine-color-gray-3)',
    '--cw-nav': 'var(--mantine-color-gray-1)',
    '--cw-nav-hover': 'rgb(26 33 43 / 5%)',
    '--cw-nav-active': 'var(--mantine-color-white)',
    '--cw-page': '#fcfcfd',
    '--cw-card': 'var(--mantine-color-white)',
    '--cw-line': 'var(--mantine-color-gray-2)',
    '--cw-hover': 'var(--mantine-color-gray-0)',
    '--cw-sunken': 'var(--mantine-color-gray-0)',
    '--cw-shadow': '0 1px 2px rgb(26 33 43 / 5%)',
    '--cw-ok': '#1f7a4d',
    '--cw-ok-soft': '#e6f5ec',
    '--cw-you': '#8f5a00',
    '--cw-you-soft': '#fff3d9',
    '--cw-wait': '#4d5a6b',
    '--cw-wait-soft': '#eceff3',
    '--cw-blocked': '#5f4b8b',
    '--cw-blocked-soft': '#f0ecf8',
    '--cw-broken': '#b3261e',
    '--cw-broken-soft': '#fdebe9',
    '--cw-busy': '#2555bb',
    '--cw-busy-soft': '#e9f0fe',
  },
  dark: {
    '--mantine-color-dimmed': 'var(--mantine-color-dark-2)',
    '--mantine-color-placeholder': 'var(--mantine-color-dark-2)',
    '--mantine-color-body': 'var(--mantine-color-dark-7)',
    '--mantine-color-default': 'var(--mantine-color-dark-6)',
    '--mantine-color-tide-light': 'rgb(79 128 230 / 24%)',
    '--mantine-color-tide-light-hover': 'rgb(79 128 230 / 32%)',
    '--mantine-color-tide-light-color': 'var(--mantine-color-tide-2)',
    '--cw-nav': 'var(--mantine-color-dark-8)',
    '--cw-nav-hover': 'rgb(255 255 255 / 5%)',
    '--cw-nav-active': 'rgb(255 255 255 / 9%)',
    '--cw-page': 'var(--mantine-color-dark-7)',
    '--cw-card': '#202731',
    '--cw-line': '#2d3541',
    '--cw-hover': '#262e39',
    '--cw-sunken': 'var(--mantine-color-dark-8)',
    '--cw-shadow': '0 1px 2px rgb(0 0 0 / 25%)',
    '--cw-ok': '#5fce93',
    '--cw-ok-soft': '#17352a',
    '--cw-you': '#f2b84b',
    '--cw-you-soft': '#3a2e14',
    '--cw-wait': '#a9b4c3',
    '--cw-wait-soft': '#2c3440',
    '--cw-blocked': '#b9a6e6',
    '--cw-blocked-soft': '#2f2943',
    '--cw-broken': '#ff8f85',
    '--cw-broken-soft': '#43211f',
    '--cw-busy': '#8fb4fb',
    '--cw-busy-soft': '#1c2c4b',
  },
}

/**
 * The theme's variables as a stylesheet. Mantine would write them into a <style> element, which `style-src 'self'` and
 * trusted types refuse, so the build does it (`vite.config.ts`) and the provider is told not to.
 */
export function toThemeCss() {
  const { variables, light, dark } = defaultCssVariablesResolver(wholeTheme)
  return convertCssVariables({
    variables,
    light: { ...light, ...scheme.light },
    dark: { ...dark, ...scheme.dark },
  })
}
