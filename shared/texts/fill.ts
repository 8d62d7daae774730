/** Puts values into a text's `{{name}}` places, where there is no i18next: tray, notifications, command line. */
export const fill = (text: string, values: Record<string, string | number>) =>
  text.replace(/\{\{(\w+)\}\}/g, (place, name: string) => String(values[name] ?? place))
