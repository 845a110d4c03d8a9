import { afterEach, expect, test, vi } from 'vitest'
import { FakeBackend } from '../backend/fake'
import { anOffer, aWallet } from '../backend/samples'
import { MoneyState } from './money.svelte'

afterEach(() => {
  vi.useRealTimers()
})

test('fifty clicks begin one plan', async () => {
  const backend = new FakeBackend({ wallet: aWallet() })
  const money = new MoneyState(backend)
  await Promise.all(Array.from({ length: 50 }, () => money.begin('bond')))
  expect(backend.count('begin bond')).toBe(1)
  expect(money.wallet.value?.action?.stage).toBe('asking')
})

test('a new look hinders no click', async () => {
  const backend = new FakeBackend({ wallet: aWallet({ offers: [anOffer('unbond')] }) })
  const money = new MoneyState(backend)
  await Promise.all([money.lookAgain(), money.begin('unbond')])
  expect(backend.asked).toEqual(expect.arrayContaining(['lookAgain', 'begin unbond']))
})

test('a look lasts until something newer is here', async () => {
  const backend = new FakeBackend({ wallet: aWallet() })
  const money = new MoneyState(backend)
  const stop = money.wallet.follow()
  await vi.waitFor(() => expect(money.wallet.known).toBe(true))
  vi.spyOn(backend, 'lookAgain').mockResolvedValue()
  const looked = money.lookAgain()
  for (let read = 0; read < 5; read += 1) await money.wallet.read()
  expect(money.looking.busy, 'the old figures read once more are no new look').toBe(true)
  backend.changeWallet({ trouble: 'chain-unreachable' })
  await looked
  expect(money.looking.busy).toBe(false)
  stop()
})

test('a look that nothing comes of ends after twenty seconds', async () => {
  vi.useFakeTimers()
  const money = new MoneyState(new FakeBackend())
  const looked = money.lookAgain()
  await vi.advanceTimersByTimeAsync(19_999)
  expect(money.looking.busy).toBe(true)
  await vi.advanceTimersByTimeAsync(1)
  await looked
  expect(money.looking.busy).toBe(false)
})

test('a refusal is told and the wallet stays as it was', async () => {
  const backend = new FakeBackend({ wallet: aWallet() })
  const money = new MoneyState(backend)
  await money.wallet.read()
  backend.failure = { code: null, detail: 'Something is being done with this wallet already.' }
  await money.begin('bond')
  expect(money.asking.refusal?.detail).toContain('already')
  expect(money.wallet.value?.seen?.aipg).toBe('1050')
})
