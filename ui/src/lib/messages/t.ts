import en from '../../messages/en.json'

/** The name of a text. */
export type Key = keyof typeof en

type Values = Record<string, string>

const texts: Record<string, string> = en

/** The text of this name with its placeholders filled in. A placeholder without a value stays visible. */
export function t(key: Key, values: Values = {}): string {
  return fill(en[key], values)
}

/** The text of a name put together at run time, if there is one: codes may be newer than this screen. */
export function find(key: string): string | undefined {
  return Object.hasOwn(texts, key) ? texts[key] : undefined
}

function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) => values[name] ?? placeholder)
}
