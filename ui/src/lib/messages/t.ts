import en from '../../messages/en.json'
import { language } from '../format/locale'

/** The name of a text. */
export type Key = keyof typeof en

/** The name of a text that depends on a count: it stands there once for each plural form. */
export type PluralKey = Key extends infer K ? (K extends `${infer Stem}.other` ? Stem : never) : never

type Values = Record<string, string>

const texts: Record<string, string> = en

/** The text of this name with its placeholders filled in. A placeholder without a value stays visible. */
export function t(key: Key, values: Values = {}): string {
  return fill(en[key], values)
}

/** The text of this name in the form that the count asks for. */
export function plural(key: PluralKey, count: number, values: Values = {}): string {
  const form = new Intl.PluralRules(language()).select(count)
  return fill(find(`${key}.${form}`) ?? en[`${key}.other`], values)
}

/** The text of a name put together at run time, if there is one: codes may be newer than this screen. */
export function find(key: string, values: Values = {}): string | undefined {
  const text = Object.hasOwn(texts, key) ? texts[key] : undefined
  return text === undefined ? undefined : fill(text, values)
}

function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) => values[name] ?? placeholder)
}
