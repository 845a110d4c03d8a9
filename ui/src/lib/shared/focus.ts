import { tick } from 'svelte'

/**
 * To be called before the page changes: if the change takes away what the keyboard stands on, within this part of the
 * page, the keyboard is brought to what the question then finds. Else it would be thrown back to the start of the page.
 */
export function keepPlace(part: Element | undefined, place: (card: Element) => HTMLElement | null): void {
  const stood = document.activeElement
  if (stood === null || stood === part || !part?.contains(stood)) return
  const card = stood.closest('section') ?? part
  void tick().then(() => {
    if (!stood.isConnected && isNowhere(document.activeElement)) place(card)?.focus()
  })
}

/** Whoever has gone on by himself meanwhile is left where he is. */
function isNowhere(at: Element | null): boolean {
  return at === null || at === document.body || !at.isConnected
}
