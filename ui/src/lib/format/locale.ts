/**
 * The reader's language for numbers and dates.
 * A system without one names the web view's language "C" or nothing, which Intl refuses by throwing.
 */
export function locale(): string {
  try {
    return Intl.getCanonicalLocales(navigator.language)[0] ?? 'en'
  } catch {
    return 'en'
  }
}
