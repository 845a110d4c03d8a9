import type { Theme } from './backend'
import { FakeBackend } from './fake'
import { HOSTILE, worldNamed } from './worlds'
import { someSettings } from './samples'

const THEMES: readonly Theme[] = ['system', 'light', 'dark']

/** A fake node in the state that the address names: `?state=cooldown&view=wallet&theme=dark`. */
export function previewBackend(query: URLSearchParams): FakeBackend {
  const state = query.get('state') ?? 'working'
  const theme = THEMES.find((one) => one === query.get('theme')) ?? 'system'
  const backend = new FakeBackend({ settings: someSettings({ theme }), ...worldNamed(state, Date.now()) })
  if (state === 'no-answer') backend.failure = new Error('no answer')
  if (state === 'hostile') backend.answer = HOSTILE
  return backend
}
