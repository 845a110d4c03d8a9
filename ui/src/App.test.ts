import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte'
import { afterEach, expect, test, vi } from 'vitest'
import App from './App.svelte'
import { FakeBackend } from './lib/backend/fake'
import { aLook, anOffer, aStatus, aWallet, someEarnings } from './lib/backend/samples'
import { VIEWS } from './lib/screen/views'
import { expectHeading, open, stops } from './views/page'

afterEach(cleanup)

const rail = () => within(screen.getByRole('navigation', { name: 'Main' }))
const go = (name: string): Promise<boolean> => fireEvent.click(rail().getByRole('button', { name }))

test('the rail opens each view, says which is open, and brings the keyboard to its heading', async () => {
  await open({ wallet: aWallet() })
  for (const [name, heading] of [
    ['Earnings', 'Earnings'],
    ['Wallet', 'Wallet'],
    ['Account', 'Account'],
    ['Settings', 'Settings'],
    ['Home', 'Waiting for jobs'],
  ] as const) {
    await go(name)
    await expectHeading(heading)
    await vi.waitFor(() => expect(document.activeElement).toBe(screen.getByRole('heading', { level: 1 })))
    const current = rail()
      .getAllByRole('button')
      .filter((one) => one.getAttribute('aria-current') === 'page')
    expect(current.map((one) => one.textContent?.trim())).toEqual([name])
  }
})

test('the first view takes the focus from nobody', async () => {
  await open()
  await expectHeading('Waiting for jobs')
  expect(document.activeElement).toBe(document.body)
})

test('the first stop of the keyboard leads past the rail', async () => {
  await open()
  await expectHeading('Waiting for jobs')
  expect(stops()[0]).toBe('Skip to the content')
  await fireEvent.click(screen.getByRole('link', { name: 'Skip to the content' }))
  expect(document.activeElement).toBe(screen.getByRole('heading', { level: 1 }))
})

test('home: the keyboard comes to the main button first', async () => {
  await open({ wallet: aWallet(), earnings: someEarnings() })
  await screen.findByRole('button', { name: 'Look at the bond' })
  expect(stops()).toEqual([
    ...['Skip to the content', 'Home', 'Earnings', 'Wallet', 'Account', 'Settings'],
    'Pause',
    // What is cut or not known says all of itself to whoever stops there.
    ...['8.2712\u00a0AIPG8.2712345\u00a0AIPG', '–No job has been finished yet.'],
    ...['Look at the bond', 'INPUT', 'Send practice job'],
  ])
})

test.each(VIEWS)('practice is said on %s', async (view) => {
  await open({}, view)
  expect(await screen.findByText('Practice network. Nothing here is real money.')).toBeTruthy()
})

test('real money is not called practice', async () => {
  await open({ status: aStatus({ practice: false }) })
  await expectHeading('Waiting for jobs')
  expect(screen.queryByText(/Practice network/)).toBeNull()
})

test('the foot of the rail says the bond and the name of the worker', async () => {
  const offers = [anOffer('unbond')]
  await open({ wallet: aWallet({ seen: aLook({ bond: { kind: 'bonded', amount: '1000' } }), offers }) })
  expect(await rail().findByText('Bonded 1,000 AIPG')).toBeTruthy()
  expect(rail().getByText('practice-rig')).toBeTruthy()
})

test('the foot of the rail says nothing of a bond that is not known', async () => {
  await open({ wallet: null })
  await expectHeading('Waiting for jobs')
  expect(rail().queryByText(/bonded/i)).toBeNull()
})

test('the title of the window says the state', async () => {
  const backend = await open()
  await vi.waitFor(() => expect(document.title).toBe('Waiting for jobs · Grid Node'))
  backend.changeStatus({ phase: { kind: 'paused' } })
  await vi.waitFor(() => expect(document.title).toBe('Paused by you · Grid Node'))
})

test('a view that is not shown reads nothing for itself', async () => {
  const backend = await open({ wallet: aWallet() }, 'settings')
  await expectHeading('Settings')
  backend.changeWallet({ trouble: 'wrong-node' })
  await vi.waitFor(() => expect(backend.count('wallet')).toBeGreaterThan(2))
  expect(backend.count('earnings'), 'only Home shows earnings').toBe(0)
})

test('a closed page listens no more', async () => {
  const backend = await open({ wallet: aWallet() })
  expect(backend.listeners).toBe(5)
  cleanup()
  await vi.waitFor(() => expect(backend.listeners).toBe(0))
})

test('who comes back to the window has the truth read anew', async () => {
  const backend = await open({ wallet: aWallet() })
  backend.failure = new Error('gone')
  backend.changeStatus({})
  await expectHeading('Grid Node does not answer')
  backend.failure = null
  await fireEvent(window, new Event('focus'))
  await expectHeading('Waiting for jobs')
})

test.each(VIEWS)('where the node does not answer, %s can ask again', async (view) => {
  const backend = await open({ wallet: aWallet() }, view)
  backend.failure = new Error('gone')
  backend.changeStatus({})
  backend.changeWallet({})
  await fireEvent(window, new Event('focus'))
  const button = await screen.findByRole('button', { name: 'Try again' })
  backend.failure = null
  await fireEvent.click(button)
  await vi.waitFor(() => expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull())
})

test('a page that is not told of changes says so and can ask again', async () => {
  const backend = new FakeBackend()
  const listen = vi.spyOn(backend, 'onChanged').mockRejectedValue(new Error('no events'))
  render(App, { backend })
  const button = await screen.findByRole('button', { name: 'Try again' })
  expect(screen.getByRole('heading', { level: 1 }).textContent, 'it answers all the same').toBe('Waiting for jobs')
  listen.mockRestore()
  await fireEvent.click(button)
  await vi.waitFor(() => expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull())
  expect(backend.listeners).toBe(5)
})
