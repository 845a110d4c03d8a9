import { cleanup, fireEvent, screen } from '@testing-library/svelte'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Settings } from '../lib/backend/backend'
import type { FakeBackend } from '../lib/backend/fake'
import { someSettings } from '../lib/backend/samples'
import { open, stops } from './page'

beforeEach(() => {
  delete document.documentElement.dataset.theme
})
afterEach(cleanup)

const openSettings = (part: Partial<Settings> = {}): Promise<FakeBackend> => open({ settings: someSettings(part) }, 'settings')
const chosen = (): string | undefined => document.documentElement.dataset.theme

test('a choice of colours shows at once and is kept', async () => {
  const backend = await openSettings()
  await fireEvent.click(await screen.findByRole('radio', { name: 'Dark' }))
  await vi.waitFor(() => expect(chosen()).toBe('dark'))
  await vi.waitFor(() => expect(backend.count('setTheme dark')).toBe(1))
  await fireEvent.click(screen.getByRole('radio', { name: 'As the system' }))
  await vi.waitFor(() => expect(chosen(), 'then nothing stands in the way of the system').toBeUndefined())
})

test('what was kept is shown', async () => {
  await openSettings({ theme: 'light' })
  expect((await screen.findByRole<HTMLInputElement>('radio', { name: 'Light' })).checked).toBe(true)
  await vi.waitFor(() => expect(chosen()).toBe('light'))
})

test('a choice that cannot be kept counts until the end, and that is told', async () => {
  const backend = await openSettings({ theme: 'light' })
  await screen.findByRole('radio', { name: 'Dark' })
  vi.spyOn(backend, 'setTheme').mockRejectedValue({ code: null, detail: 'The disk is full.' })
  await fireEvent.click(screen.getByRole('radio', { name: 'Dark' }))
  expect((await screen.findByRole('alert')).textContent).toBe('Your choice counts until you quit, but it could not be kept.')
  expect(chosen()).toBe('dark')
  expect(screen.getByRole<HTMLInputElement>('radio', { name: 'Dark' }).checked, 'the page and the choice agree').toBe(true)
})

test.each([
  [true, /Its sign stays in the tray/],
  [false, /is only made small/],
])('with a tray: %s, closing the window is explained', async (tray, words) => {
  await openSettings({ tray })
  expect(await screen.findByText(words)).toBeTruthy()
})

test('quitting is asked once more, in other words', async () => {
  const backend = await openSettings()
  await fireEvent.click(await screen.findByRole('button', { name: 'Quit Grid Node' }))
  expect(backend.count('quit'), 'a first click ends nothing').toBe(0)
  expect(screen.getByRole('group', { name: 'Stop serving jobs and close?' })).toBeTruthy()
  await fireEvent.click(screen.getByRole('button', { name: 'Keep working' }))
  expect(await screen.findByRole('button', { name: 'Quit Grid Node' })).toBe(document.activeElement)
  await fireEvent.click(screen.getByRole('button', { name: 'Quit Grid Node' }))
  await fireEvent.click(await screen.findByRole('button', { name: 'Stop and close' }))
  await vi.waitFor(() => expect(backend.count('quit')).toBe(1))
})

test('the two pages elsewhere open by their names', async () => {
  const backend = await openSettings({ version: '0.1.0' })
  expect(await screen.findByText('Version 0.1.0')).toBeTruthy()
  await fireEvent.click(screen.getByRole('button', { name: 'AI Power Grid' }))
  await vi.waitFor(() => expect(backend.count('openLink website')).toBe(1))
  await fireEvent.click(screen.getByRole('button', { name: 'Your account' }))
  await vi.waitFor(() => expect(backend.count('openLink console')).toBe(1))
  expect(document.querySelectorAll('main a'), 'the page itself knows no address').toHaveLength(0)
})

test('a node that does not answer is said, and nothing is made up', async () => {
  const backend = await openSettings()
  await screen.findByText('Version 0.1.0')
  backend.failure = new Error('gone')
  await fireEvent.click(screen.getByRole('radio', { name: 'Dark' }))
  expect(await screen.findByRole('alert')).toBeTruthy()
})

test('everything can be reached by the keyboard, in the order in which it stands', async () => {
  await openSettings()
  await screen.findByRole('radio', { name: 'Dark' })
  expect(stops()).toEqual([
    ...['Skip to the content', 'Home', 'Earnings', 'Wallet', 'Account', 'Settings'],
    ...['Change: SmolLM2-135M-Instruct', 'Remove: SmolLM2-135M-Instruct'],
    ...['Our own engine with a model file', 'Look for servers on this computer', 'INPUT', 'Look there'],
    // Which Grid, then the colours.
    ...['INPUT', 'INPUT', 'INPUT', 'INPUT', 'INPUT', 'INPUT', 'Quit Grid Node', 'AI Power Grid', 'Your account'],
  ])
})

test('another coordinator is asked for only with an address that can be tried', async () => {
  const backend = await openSettings()
  await fireEvent.click(await screen.findByRole('radio', { name: /Another coordinator/ }))
  const ask = screen.getByRole('button', { name: 'Work there' })
  await fireEvent.click(ask)
  expect(await screen.findByText('The address is missing.')).toBeTruthy()
  await fireEvent.input(screen.getByLabelText('Address'), { target: { value: 'http://grid.example.org' } })
  await fireEvent.click(ask)
  expect(screen.getByText(/Without https/)).toBeTruthy()
  expect(backend.asked.some((name) => name.startsWith('setCoordinator'))).toBe(false)
  await fireEvent.input(screen.getByLabelText('Address'), { target: { value: 'grid.example.org' } })
  await fireEvent.click(ask)
  await vi.waitFor(() => expect(backend.asked).toContain('setCoordinator elsewhere grid.example.org'))
})

test('an engine is served in another way with hours of its own', async () => {
  const backend = await openSettings()
  const change = vi.spyOn(backend, 'changeEngine')
  await fireEvent.click(await screen.findByRole('button', { name: /^Change/ }))
  await fireEvent.input(screen.getByLabelText('Jobs at once'), { target: { value: '0' } })
  await fireEvent.click(screen.getByRole('button', { name: 'Keep the change' }))
  expect(change, 'no jobs at all is what hours are for').not.toHaveBeenCalled()
  await fireEvent.input(screen.getByLabelText('Jobs at once'), { target: { value: '3' } })
  await fireEvent.click(screen.getByRole('button', { name: 'Add hours' }))
  await fireEvent.click(screen.getByRole('checkbox', { name: 'Saturday' }))
  await fireEvent.click(screen.getByRole('button', { name: 'Keep the change' }))
  await vi.waitFor(() => expect(change).toHaveBeenCalledOnce())
  const schedule = [{ days: ['sat'], from: '08:00', to: '18:00', slots: 0 }]
  expect(change).toHaveBeenCalledWith(0, { serveAs: 'SmolLM2-135M-Instruct', slots: 3, schedule })
})

test('an engine goes only after a second question', async () => {
  const backend = await openSettings()
  await fireEvent.click(await screen.findByRole('button', { name: /^Remove/ }))
  expect(backend.count('removeEngine 0')).toBe(0)
  await fireEvent.click(screen.getByRole('button', { name: 'Serve without it' }))
  await vi.waitFor(() => expect(backend.count('removeEngine 0')).toBe(1))
})
