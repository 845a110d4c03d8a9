import { expect, test } from 'vitest'
import { FakeBackend } from '../backend/fake'
import { someSettings } from '../backend/samples'
import { SettingsState } from './settings.svelte'

test('before the settings are read the page goes by the system', () => {
  expect(new SettingsState(new FakeBackend()).theme).toBe('system')
})

test('a choice shows at once and is kept', async () => {
  const backend = new FakeBackend()
  const settings = new SettingsState(backend)
  const kept = settings.setTheme('dark')
  expect(settings.theme, 'nobody waits for a disk to see a colour').toBe('dark')
  await kept
  expect(settings.value?.theme).toBe('dark')
})

test('of quick choices the last one is kept', async () => {
  const backend = new FakeBackend()
  const settings = new SettingsState(backend)
  await Promise.all([settings.setTheme('light'), settings.setTheme('system'), settings.setTheme('dark')])
  expect(settings.theme).toBe('dark')
  expect(settings.value?.theme).toBe('dark')
  expect(backend.asked.filter((name) => name.startsWith('setTheme')).at(-1)).toBe('setTheme dark')
})

test('a choice that cannot be kept counts all the same, and it is told', async () => {
  const backend = new FakeBackend({ settings: someSettings({ theme: 'light' }) })
  const settings = new SettingsState(backend)
  await settings.read()
  backend.failure = { code: null, detail: 'The disk is full.' }
  await settings.setTheme('dark')
  expect(settings.theme).toBe('dark')
  expect(settings.keeping.refusal?.detail).toBe('The disk is full.')
  backend.failure = null
  await settings.setTheme('system')
  expect(settings.theme, 'the next choice takes its place').toBe('system')
})
