import { brand } from '../../../shared/brand.ts'
import { keys, type PolicyKey, policyKeys } from '../keys.ts'
import { registryPath } from '../system-sources.ts'
import { type Kind, kindOf } from './kinds.ts'
import { escapeXml, head, indent } from './xml.ts'

// Group Policy’s administrative templates: the .admx says which registry value a setting is, the .adml how it is called.
// Format: Microsoft, “ADMX schema”; ids hold letters, digits and underscores only.

const schema = 'xmlns="http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions"'
const root = `${schema} revision="1.0" schemaVersion="1.0"`
const supported = 'Supported'

/** The same setting twice: what holds, and what holds until the person chooses something else. */
const levels = [
  { suffix: '', category: brand.product, path: registryPath },
  { suffix: '_Recommended', category: `${brand.product}_Recommended`, path: `${registryPath}\\Recommended` },
]
type Level = (typeof levels)[number]

const value = (key: PolicyKey) => `${key}_Value`
/** Whether policy for one person counts is for the computer to say, and no suggestion. */
const isForComputerOnly = (key: PolicyKey) => key === 'allowUserPolicy'
const settings = levels.flatMap((level) =>
  policyKeys.filter((key) => level.suffix === '' || !isForComputerOnly(key)).map((key) => ({ key, level })),
)

/** The definitions: `causeway.admx`. */
export function toAdmx(): string {
  const category = (name: string, inner: string[]) => [
    `<category name="${name}" displayName="$(string.${name})"${inner.length === 0 ? ' />' : '>'}`,
    ...indent(inner),
    ...(inner.length === 0 ? [] : ['</category>']),
  ]
  return lines(head, [
    `<policyDefinitions ${root}>`,
    ...indent([
      '<policyNamespaces>',
      ...indent([`<target prefix="${brand.slug}" namespace="${brand.product}.Policies.${brand.product}" />`]),
      '</policyNamespaces>',
      '<resources minRequiredRevision="1.0" />',
      '<supportedOn>',
      ...indent(['<definitions>']),
      ...indent([`<definition name="${supported}" displayName="$(string.${supported})" />`], 2),
      ...indent(['</definitions>']),
      '</supportedOn>',
      '<categories>',
      ...indent(category(brand.product, [])),
      ...indent(category(`${brand.product}_Recommended`, [`<parentCategory ref="${brand.product}" />`])),
      '</categories>',
      '<policies>',
      ...indent(settings.flatMap(({ key, level }) => toPolicy(key, level))),
      '</policies>',
    ]),
    '</policyDefinitions>',
  ])
}

function toPolicy(key: PolicyKey, { suffix, category, path }: Level): string[] {
  const name = key + suffix
  const kind = kindOf(key)
  const isSwitch = kind.kind === 'boolean'
  const attributes = {
    name,
    class: isForComputerOnly(key) ? 'Machine' : 'Both',
    displayName: `$(string.${name})`,
    explainText: `$(string.${key}_Explain)`,
    ...(isSwitch ? {} : { presentation: `$(presentation.${name})` }),
    key: path,
    ...(isSwitch ? { valueName: key } : {}),
  }
  const written = Object.entries(attributes).map(([attribute, text]) => `${attribute}="${text}"`)
  return [
    `<policy ${written.join(' ')}>`,
    ...indent([
      `<parentCategory ref="${category}" />`,
      `<supportedOn ref="${supported}" />`,
      ...(isSwitch
        ? ['<enabledValue><decimal value="1" /></enabledValue>', '<disabledValue><decimal value="0" /></disabledValue>']
        : ['<elements>', ...indent(toElement(key, kind, path)), '</elements>']),
    ]),
    '</policy>',
  ]
}

function toElement(key: PolicyKey, kind: Kind, path: string): string[] {
  const start = `id="${value(key)}" valueName="${key}" required="true"`
  if (kind.kind === 'integer') return [`<decimal ${start} minValue="${kind.least}" maxValue="${kind.most}" />`]
  // Below a key of its own, as `1`, `2`, …
  if (kind.kind === 'list') return [`<list id="${value(key)}" key="${path}\\${key}" valuePrefix="" />`]
  if (kind.kind !== 'choice') return [`<text ${start} maxLength="${kind.kind === 'text' ? kind.longest : 16_384}" />`]
  const items = kind.choices.flatMap((choice) => [
    `<item displayName="$(string.${key}_${choice})">`,
    ...indent([`<value><string>${choice}</string></value>`]),
    '</item>',
  ])
  return [`<enum ${start}>`, ...indent(items), '</enum>']
}

/** The words in English: `en-US/causeway.adml`. */
export function toAdml(): string {
  const strings: Record<string, string> = {
    [brand.product]: brand.product,
    [`${brand.product}_Recommended`]: 'Recommended: until the person chooses something else',
    [supported]: `${brand.product}, every version`,
  }
  for (const { key, level } of settings) strings[key + level.suffix] = plain(keys[key].title)
  for (const key of policyKeys) strings[`${key}_Explain`] = toExplanation(key)
  for (const key of policyKeys) {
    const kind = kindOf(key)
    if (kind.kind === 'choice') for (const choice of kind.choices) strings[`${key}_${choice}`] = choice
  }
  return lines(head, [
    `<policyDefinitionResources ${root}>`,
    ...indent([
      `<displayName>${brand.product}</displayName>`,
      `<description>What IT decides about ${brand.product}</description>`,
      '<resources>',
      ...indent(['<stringTable>']),
      ...indent(
        Object.entries(strings).map(([id, text]) => `<string id="${id}">${escapeXml(text)}</string>`),
        2,
      ),
      ...indent(['</stringTable>', '<presentationTable>']),
      ...indent(
        settings.flatMap(({ key, level }) => toPresentation(key, level)),
        2,
      ),
      ...indent(['</presentationTable>']),
      '</resources>',
    ]),
    '</policyDefinitionResources>',
  ])
}

function toPresentation(key: PolicyKey, { suffix }: Level): string[] {
  const { title, usual } = keys[key]
  const kind = kindOf(key)
  if (kind.kind === 'boolean') return []
  const label = escapeXml(plain(title))
  const ref = `refId="${value(key)}"`
  const control = {
    integer: `<decimalTextBox ${ref}${usual === null ? '' : ` defaultValue="${usual}"`}>${label}</decimalTextBox>`,
    choice: `<dropdownList ${ref} noSort="true">${label}</dropdownList>`,
    list: `<listBox ${ref}>${label}</listBox>`,
    text: `<textBox ${ref}><label>${label}</label></textBox>`,
    object: `<textBox ${ref}><label>${label} (JSON)</label></textBox>`,
  }[kind.kind]
  return [`<presentation id="${key}${suffix}">`, ...indent([control]), '</presentation>']
}

function toExplanation(key: PolicyKey): string {
  const { text, example, usual } = keys[key]
  const shown = typeof example === 'string' ? example : JSON.stringify(example)
  const otherwise = usual === null ? 'nothing is decided' : `it is ${JSON.stringify(usual)}`
  return `${plain(text)}\n\nExample: ${shown}\n\nNot configured: ${otherwise}, or what the person chooses.`
}

/** Without the marks of Markdown. */
const plain = (text: string) => text.replaceAll('`', '')
/** Windows’ ends of lines: an editor of Group Policy is no place for others. */
const lines = (first: string, rest: string[]) => `${[first, ...rest].join('\n')}\n`.replaceAll('\n', '\r\n')
