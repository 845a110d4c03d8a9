/**
 * The reader's way of writing numbers and dates.
 * A system without a language names the web view's language "C" or nothing, which Intl refuses by throwing.
 */
export function locale(): string {
  try {
    return Intl.getCanonicalLocales(navigator.language)[0] ?? 'en'
  } catch {
    return 'en'
  }
}

/** The language of the screen's words, for what Intl says in words: "2 minutes ago" must not be in another one. */
export function language(): string {
  const own = locale()
  return new Intl.Locale(own).language === 'en' ? own : 'en'
}
