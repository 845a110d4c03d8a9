import { cleanup, render } from '@testing-library/svelte'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import Amount from './Amount.svelte'

beforeEach(() => {
  vi.spyOn(navigator, 'language', 'get').mockReturnValue('en-US')
})
afterEach(cleanup)

/** What lands on the clipboard when this text is selected and the amount copied; nothing where it is left to the system. */
function copied(selected: string, large = false): string | null {
  const { container } = render(Amount, { amount: '62.43759', token: 'aipg', large })
  let text: string | null = null
  const clipboardData = { setData: (_kind: string, data: string) => (text = data) }
  vi.spyOn(document, 'getSelection').mockReturnValue({ toString: () => selected } as Selection)
  const event = Object.assign(new Event('copy', { bubbles: true, cancelable: true }), { clipboardData })
  container.querySelector('data')?.dispatchEvent(event)
  expect(event.defaultPrevented).toBe(text !== null)
  return text
}

test('who copies a shortened amount gets all of it', () => {
  expect(copied('62.4375\u00a0AIPG')).toBe('62.43759')
  expect(copied('62.4375\u00a0AIPG', true)).toBe('62.43759')
})

test('who copies more than the amount gets what is selected', () => {
  expect(copied('Owed 62.4375\u00a0AIPG')).toBeNull()
})
