import { cleanup, fireEvent, screen, within } from '@testing-library/svelte'
import { afterEach, expect, test, vi } from 'vitest'
import { aStatus, NOON, someEarnings } from '../lib/backend/samples'
import { aCause, aHistory, aPayout, aRecord, someRates } from '../lib/backend/samples-history'
import { worldNamed } from '../lib/backend/worlds'
import { open } from './page'

afterEach(cleanup)

const card = (name: string): ReturnType<typeof within> => within(screen.getByRole('region', { name }))

test('paid, owed and not settled stand apart and are added up nowhere', async () => {
  await open({ earnings: someEarnings({ paid: '412.5', owed: '4.21' }) }, 'earnings')
  const figures = card('Three figures, each for itself')
  expect(await figures.findByText(/12.30 work units/)).toBeTruthy()
  expect(document.body.textContent).not.toContain('416.71')
})

test('what is not known is no zero', async () => {
  await open({ earnings: null }, 'earnings')
  expect(card('Three figures, each for itself').queryByText(/^0/)).toBeNull()
  expect(screen.getByText('Nobody knows yet when the Grid pays next.')).toBeTruthy()
})

test('arrows go from day to day of the chart, and each says itself', async () => {
  await open({ history: aHistory() }, 'earnings')
  const cursor = await screen.findByRole('slider', { name: 'Day' })
  expect(cursor.getAttribute('aria-valuetext')).toBe('Nov 22: 64.48 work units, 32 jobs')
  await fireEvent.keyDown(cursor, { key: 'ArrowLeft' })
  expect(cursor.getAttribute('aria-valuetext')).toBe('Nov 21: 140.80 work units, 70 jobs')
  await fireEvent.keyDown(cursor, { key: 'Home' })
  await fireEvent.keyDown(cursor, { key: 'ArrowLeft' })
  expect(cursor.getAttribute('aria-valuenow')).toBe('1')
})

test('the chart is a table as well, the newest day first', async () => {
  await open({ history: aHistory() }, 'earnings')
  await fireEvent.click(await screen.findByRole('button', { name: 'Show as a table' }))
  const rows = card('Work in the last thirty days').getAllByRole('row')
  expect(rows).toHaveLength(31)
  expect(rows[1]?.textContent).toContain('Nov 22')
})

test('the worst cause is open and says what helps', async () => {
  const why = [aCause({ kind: 'no-payout-wallet', severity: 'stops', normal: false, fix: 'set-payout-wallet' }), aCause()]
  await open({ history: aHistory({ why }) }, 'earnings')
  expect(await screen.findByText('Set a payout address under Account.')).toBeTruthy()
  expect(screen.getAllByText('this is normal')).toHaveLength(1)
})

test('tables are saved where the owner says, and the page learns nothing of it', async () => {
  const backend = await open({ jobs: [aRecord()], payouts: [aPayout()] }, 'earnings')
  const buttons = await screen.findAllByRole('button', { name: 'Save as a table' })
  for (const button of buttons) await fireEvent.click(button)
  await vi.waitFor(() => expect(backend.asked.filter((name) => name.startsWith('save'))).toEqual(['savePayouts', 'saveJobs']))
})

test('a table that could not be written is told', async () => {
  const backend = await open({ jobs: [aRecord()] }, 'earnings')
  const button = await screen.findByRole('button', { name: 'Save as a table' })
  backend.failure = { code: 'not-saved', detail: 'not-saved' }
  await fireEvent.click(button)
  expect((await screen.findByRole('alert')).textContent).toBe('The file could not be written. Nothing of it is left.')
})

test('older jobs are one press away', async () => {
  await open(worldNamed('working', NOON), 'earnings')
  const all = card('All jobs')
  await fireEvent.click(await all.findByRole('button', { name: 'Older' }))
  expect(await all.findByText('Page 2')).toBeTruthy()
})

test('a transaction is copied and leads nowhere', async () => {
  await open({ payouts: [aPayout()] }, 'earnings')
  expect(await screen.findByRole('button', { name: "Copy the transaction's name" })).toBeTruthy()
  expect(card('Payouts').queryByRole('link')).toBeNull()
})

test('without enough work there is no estimate, and that is said', async () => {
  await open({ status: aStatus({ practice: false }), rates: someRates({ couldEarn: null }) }, 'earnings')
  expect(await screen.findByText(/No estimate: this computer has not answered enough jobs/)).toBeTruthy()
})

test('practice says nothing of what could really be earned', async () => {
  await open({ rates: someRates() }, 'earnings')
  expect(await screen.findByText(/the practice network has hours and payouts of its own/)).toBeTruthy()
  expect(screen.queryByText(/0.8 AIPG to 2.1 AIPG/)).toBeNull()
})

test('a list of payouts that was never read is not called empty', async () => {
  await open({ earnings: null }, 'earnings')
  expect(await screen.findByText(/The payouts have not been read/)).toBeTruthy()
  expect(screen.queryByText(/No payouts yet/)).toBeNull()
})

test('on a real Grid no sum stands for payouts that were not checked, and it is said so', async () => {
  await open(worldNamed('live', NOON), 'earnings')
  expect(await screen.findByText(/shows no sum as paid/)).toBeTruthy()
  expect(screen.getByText(/No payouts are known yet/)).toBeTruthy()
  expect(document.body.textContent).not.toContain('has not been asked')
  expect(screen.queryByText(/without a payout/)).toBeNull()
  expect(card('Next payout').getByText('in 1 hr.')).toBeTruthy()
})
