import { render, screen } from '@testing-library/svelte'
import axe from 'axe-core'
import { expect, vi } from 'vitest'
import App from '../App.svelte'
import { FakeBackend, type World } from '../lib/backend/fake'
import { NOON } from '../lib/backend/samples'
import type { ViewName } from '../lib/screen/views'

/** What each view reads besides what all of them show. */
const NEEDED: Record<ViewName, string[]> = {
  home: ['earnings'],
  earnings: ['earnings', 'history', 'jobs', 'payouts', 'rates'],
  wallet: [],
  account: [],
  settings: ['engines', 'coordinator'],
}

/** Opens the app at noon over a fake node and waits until all that the view shows was read. */
export async function open(world: Partial<World> = {}, view: ViewName = 'home'): Promise<FakeBackend> {
  vi.spyOn(navigator, 'language', 'get').mockReturnValue('en-US')
  const backend = new FakeBackend(world)
  render(App, { backend, view, time: () => NOON })
  const needed = ['status', 'wallet', 'account', 'settings', ...NEEDED[view]]
  // Each is read at the start and once more when its events are listened to.
  await vi.waitFor(() => expect(needed.every((name) => backend.count(name) > 1)).toBe(true))
  return backend
}

/** Waits until the heading of the view says this. */
export async function expectHeading(words: string): Promise<void> {
  await vi.waitFor(() => expect(screen.getByRole('heading', { level: 1 }).textContent).toBe(words))
}

/** The names of all that the keyboard stops at, in its order. */
export function stops(): string[] {
  const all = document.querySelectorAll<HTMLElement>('a[href], button, input, summary, [tabindex="0"]')
  return [...all]
    .filter((one) => one.tabIndex >= 0 || one.tagName === 'SUMMARY')
    .map((one) => one.getAttribute('aria-label') ?? (one.textContent?.trim() || one.tagName))
}

/** What axe finds on the page. Colours cannot be measured without a real page; the test of the tokens does that. */
export async function faults(): Promise<string[]> {
  const found = await axe.run(document.body, { rules: { 'color-contrast': { enabled: false }, region: { enabled: true } } })
  return found.violations.map((violation) => `${violation.id}: ${violation.help}: ${violation.nodes[0]?.html ?? ''}`)
}
