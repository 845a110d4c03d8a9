import { cleanup, fireEvent, screen, within } from '@testing-library/svelte'
import { afterEach, expect, test, vi } from 'vitest'
import { aKey, anAccount, aPage } from '../lib/backend/samples-account'
import { open } from './page'

afterEach(cleanup)

const KEY = `grid_${'s3cretKey'.repeat(4)}`
const OTHER = '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A'

const signedOut = () => anAccount({ access: 'none', page: null, permissions: [] })
const card = (name: string): ReturnType<typeof within> => within(screen.getByRole('region', { name }))

test('without an account the page says when there will be one', async () => {
  await open({ account: null }, 'account')
  expect(await screen.findByText(/There is no account yet/)).toBeTruthy()
})

test('signing in is one press, and the owner is asked outside this page', async () => {
  const backend = await open({ account: signedOut() }, 'account')
  await fireEvent.click(await screen.findByRole('button', { name: 'Sign in with your wallet' }))
  expect((await screen.findAllByText(/Confirm in the window that opened/)).length).toBeGreaterThan(0)
  expect(backend.asked).toContain('manageAccount sign-in')
})

test('where there is no wallet, one is offered', async () => {
  await open({ account: { ...signedOut(), ownWallet: null } }, 'account')
  expect(await screen.findByRole('button', { name: 'Make a wallet and sign in' })).toBeTruthy()
})

test('a pasted key is handed on once and stays nowhere on the page', async () => {
  const backend = await open({ account: signedOut() }, 'account')
  const handed = vi.spyOn(backend, 'keepKey')
  await fireEvent.click(await screen.findByText('Paste a key instead'))
  const field = screen.getByLabelText<HTMLInputElement>('Key')
  expect(field.type).toBe('password')
  await fireEvent.input(field, { target: { value: ` ${KEY}\n` } })
  await fireEvent.click(screen.getByRole('button', { name: 'Keep this key' }))
  await vi.waitFor(() => expect(handed).toHaveBeenCalledExactlyOnceWith(KEY))
  expect(field.value).toBe('')
  expect(document.documentElement.outerHTML).not.toContain('s3cretKey')
  expect(JSON.stringify(await backend.account())).not.toContain('s3cretKey')
})

test('what is no key is cleared as well and handed to nobody', async () => {
  const backend = await open({ account: signedOut() }, 'account')
  await fireEvent.click(await screen.findByText('Paste a key instead'))
  const field = screen.getByLabelText<HTMLInputElement>('Key')
  await fireEvent.input(field, { target: { value: 'my recovery phrase' } })
  await fireEvent.click(screen.getByRole('button', { name: 'Keep this key' }))
  expect(await screen.findByText(/That is no key/)).toBeTruthy()
  expect(field.value).toBe('')
  expect(backend.count('keepKey')).toBe(0)
})

test('an address is never blank, and is shown whole before it is asked for', async () => {
  const backend = await open({ account: anAccount() }, 'account')
  await fireEvent.click(await screen.findByRole('button', { name: 'Change the address' }))
  const field = screen.getByLabelText('New address')
  await vi.waitFor(() => expect(document.activeElement).toBe(field))
  const ask = screen.getByRole('button', { name: 'Check and ask me' })
  await fireEvent.click(ask)
  expect(await screen.findByText(/There is no way to be paid nowhere/)).toBeTruthy()
  await fireEvent.input(field, { target: { value: OTHER } })
  expect(card('Who is paid').getByText('E376')).toBeTruthy()
  expect(backend.asked.some((name) => name.startsWith('manageAccount'))).toBe(false)
  await fireEvent.click(ask)
  await vi.waitFor(() => expect(backend.asked).toContain(`manageAccount pay-to ${OTHER}`))
})

test('Esc leaves the address as it is and brings the keyboard back', async () => {
  const backend = await open({ account: anAccount() }, 'account')
  await fireEvent.click(await screen.findByRole('button', { name: 'Change the address' }))
  await fireEvent.keyDown(screen.getByLabelText('New address'), { key: 'Escape' })
  await vi.waitFor(() => expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Change the address' })))
  expect(backend.asked.some((name) => name.startsWith('manageAccount'))).toBe(false)
})

test('the key that this computer works with, or may, cannot be ended here', async () => {
  const keys = [aKey(), aKey({ id: '111111111111', label: 'maybe', role: 'may-be-in-use' }), aKey({ id: null, label: 'odd', role: 'other' })]
  await open({ account: anAccount({ page: aPage({ keys }) }) }, 'account')
  await screen.findByText('This computer works with it')
  expect(screen.queryByRole('button', { name: /End this key/ })).toBeNull()
})

test('a key of somebody else is ended after a second question, by its id alone', async () => {
  const backend = await open({ account: anAccount() }, 'account')
  await fireEvent.click(await screen.findByRole('button', { name: /End this key/ }))
  await fireEvent.click(screen.getByRole('button', { name: 'End it for good' }))
  await vi.waitFor(() => expect(backend.asked).toContain('manageAccount revoke a1b2c3d4e5f6'))
})

test('while something is under way nothing else is begun', async () => {
  const backend = await open({ account: anAccount({ task: { act: 'permit', outcome: null } }) }, 'account')
  const button = await screen.findByRole('button', { name: 'Renew for 90 days' })
  expect(button.getAttribute('aria-disabled')).toBe('true')
  await fireEvent.click(button)
  expect(backend.asked.some((name) => name.startsWith('manageAccount'))).toBe(false)
})

test('an old page stays on the screen while the Grid does not answer', async () => {
  await open({ account: anAccount({ trouble: 'unreachable' }) }, 'account')
  expect(await screen.findByText(/You see what was read last/)).toBeTruthy()
  expect(screen.getByText('attic-rig')).toBeTruthy()
})
