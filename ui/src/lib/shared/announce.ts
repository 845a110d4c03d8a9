/** The least time between two announcements: a screen reader must be able to finish. */
export const QUIET_MS = 5_000

/**
 * Passes on the newest text at once, then at most one every five seconds.
 * Texts in between are dropped, because only the newest state matters.
 */
export function politely(say: (text: string) => void): { say: (text: string) => void; stop: () => void } {
  let quiet: ReturnType<typeof setTimeout> | null = null
  let said = ''
  let next: string | null = null

  const speak = (text: string): void => {
    said = text
    say(text)
    quiet = setTimeout(() => {
      quiet = null
      if (next !== null && next !== said) speak(next)
      next = null
    }, QUIET_MS)
  }

  return {
    say: (text) => {
      if (quiet !== null) next = text
      else if (text !== said) speak(text)
    },
    stop: () => {
      if (quiet !== null) clearTimeout(quiet)
    },
  }
}
