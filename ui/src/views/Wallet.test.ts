import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/svelte'
import { afterEach, expect, test, vi } from 'vitest'
import type { Bond, Obstacle, Offer, Wallet, Wish } from '../lib/backend/backend'
import type { FakeBackend } from '../lib/backend/fake'
import { aLook, anAction, anOffer, aStatus, aWallet, NOON } from '../lib/backend/samples'
import { expectHeading, open, stops } from './page'

afterEach(cleanup)

const openWallet = (part: Partial<Wallet> = {}): Promise<FakeBackend> => open({ wallet: aWallet(part) }, 'wallet')
const withBond = (bond: Bond, ...offers: Offer[]): Promise<FakeBackend> => openWallet({ seen: aLook({ bond }), offers })
const inTheWay = (wish: Wish, kind: string, part: Partial<Obstacle> = {}): Offer =>
  anOffer(wish, { steps: [], feeLimit: null, obstacle: { kind, amount: null, until: null, ...part } })
const press = async (name: string): Promise<void> => void (await fireEvent.click(await screen.findByRole('button', { name })))

test('the page has the chain read anew, once', async () => {
  const backend = await openWallet()
  await expectHeading('Wallet')
  await vi.waitFor(() => expect(backend.count('lookAgain')).toBe(1))
  await press('Check again')
  await vi.waitFor(() => expect(backend.count('lookAgain')).toBe(2))
})

test('the address is whole, in groups, and copied without gaps', async () => {
  const writeText = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
  await openWallet()
  await press('Copy address')
  const { address } = aWallet()
  expect(writeText).toHaveBeenCalledWith(address)
  expect(await screen.findByText('Address copied')).toBeTruthy()
  const groups = [...document.querySelectorAll('.address span')].map((group) => group.textContent)
  expect(groups).toHaveLength(11)
  expect(document.querySelector('.address code')?.textContent, 'who selects it by hand gets no gaps either').toBe(address)
  expect(screen.getByRole('img', { name: 'QR code of the address beside it' })).toBeTruthy()
  expect(screen.getByText('Practice network', { selector: 'main p' })).toBeTruthy()
})

test('a refused copy is said', async () => {
  vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new Error('denied'))
  await openWallet()
  await press('Copy address')
  expect(await screen.findByText(/could not be copied/)).toBeTruthy()
})

test('balances are short on screen, exact on hover, and as old as they are', async () => {
  await openWallet({ seen: aLook({ aipg: '62.43759', eth: '0.000997352', bond: { kind: 'bonded', amount: '1000' } }) })
  const card = within(await screen.findByRole('region', { name: 'Balances' }))
  for (const text of ['62.4375 AIPG', '0.00099 ETH', '1,000 AIPG']) expect(card.getByText(text)).toBeTruthy()
  for (const title of ['62.43759 AIPG', '0.000997352 ETH']) {
    const amount = card.getByTitle(title)
    expect(amount.tabIndex, 'the keyboard comes to what is cut').toBe(0)
    expect(within(amount).getByText(title).getAttribute('aria-hidden'), 'and it is read out whole').toBeNull()
    expect(amount.firstElementChild?.getAttribute('aria-hidden')).toBe('true')
  }
  expect(card.getByTitle('1,000 AIPG').tabIndex, 'what is whole needs no stop').toBe(-1)
  // The new look that the page asked for is a second younger.
  expect(await card.findByText('Read 11 sec. ago')).toBeTruthy()
})

test('trouble stands beside the old figures, which stay', async () => {
  const backend = await openWallet()
  const card = within(await screen.findByRole('region', { name: 'Balances' }))
  backend.changeWallet({ trouble: 'chain-unreachable' })
  expect(await card.findByText(/No node of the chain answers/)).toBeTruthy()
  expect(card.getByText('1,050 AIPG')).toBeTruthy()
})

test('before the first look nothing is shown as zero', async () => {
  await openWallet({ seen: null, offers: [] })
  const card = within(await screen.findByRole('region', { name: 'Balances' }))
  expect(card.getAllByTitle('The chain has not been read yet.')).toHaveLength(3)
  expect(card.queryByText(/^0/)).toBeNull()
})

test.each<[string, Bond, RegExp]>([
  ['none', { kind: 'none' }, /^Not bonded$/],
  ['bonded', { kind: 'bonded', amount: '1000' }, /^Bonded$/],
  ['cooling-down', { kind: 'cooling-down', amount: '1000', until: NOON + 1e9 }, /^Unbonding, ready Dec 4, 2026/],
  ['withdrawable', { kind: 'withdrawable', amount: '1000' }, /^Ready to withdraw$/],
  ['slashed', { kind: 'slashed' }, /^Slashed$/],
  ['locked', { kind: 'locked', amount: '1000' }, /^Locked$/],
  ['unclear', { kind: 'unclear' }, /^Unknown$/],
])('a bond that is %s says so', async (_kind, bond, words) => {
  await withBond(bond)
  expect(within(await screen.findByRole('region', { name: 'Bond' })).getByText(words)).toBeTruthy()
})

test.each<[string, Offer, string]>([
  ['bond', anOffer('bond'), 'Bond 1,000\u00a0AIPG'],
  ['unbond', anOffer('unbond'), 'Take back 1,000\u00a0AIPG'],
  ['unbond', anOffer('unbond', { slow: true, cooldownSeconds: 604_800 }), 'Start unbonding'],
  ['cancel-unbond', anOffer('cancel-unbond'), 'Stay bonded'],
  ['withdraw-bond', anOffer('withdraw-bond'), 'Withdraw 1,000\u00a0AIPG'],
])('%s: its button stands beside its title, and what it does below', async (wish, offer, label) => {
  const backend = await openWallet({ offers: [offer] })
  const button = await screen.findByRole('button', { name: label })
  const card = within(screen.getByRole('region', { name: 'Bond' }))
  const [title, plan] = [card.getByRole('heading', { level: 3 }), card.getByRole('list')]
  expect(within(plan).getAllByRole('listitem')).toHaveLength(wish === 'bond' ? 6 : 5)
  expect(title.compareDocumentPosition(button)).toBe(Node.DOCUMENT_POSITION_FOLLOWING)
  expect(button.compareDocumentPosition(plan)).toBe(Node.DOCUMENT_POSITION_FOLLOWING)
  await fireEvent.click(button)
  await vi.waitFor(() => expect(backend.count(`begin ${wish}`)).toBe(1))
})

test('only the likeliest of two offers has the main button', async () => {
  await openWallet({ offers: [anOffer('withdraw-bond'), anOffer('cancel-unbond')] })
  expect((await screen.findByRole('button', { name: 'Withdraw 1,000\u00a0AIPG' })).className).toContain('main')
  expect(screen.getByRole('button', { name: 'Stay bonded' }).className).not.toContain('main')
})

test('too little AIPG: it is said how much, and practice money helps', async () => {
  const backend = await openWallet({ offers: [inTheWay('bond', 'not-enough-aipg', { amount: '999.5' })] })
  expect(await screen.findByText('Your wallet is short of 999.5 AIPG.')).toBeTruthy()
  expect(screen.queryByRole('button', { name: 'Bond 1,000\u00a0AIPG' })).toBeNull()
  await press('Get practice money')
  expect(await screen.findByRole('button', { name: 'Bond 1,000\u00a0AIPG' })).toBeTruthy()
  expect(backend.count('getPracticeMoney')).toBe(1)
})

test('without any ETH practice money is offered even where no wish asks for it', async () => {
  await openWallet({ seen: aLook({ eth: '0' }), offers: [] })
  expect(await screen.findByRole('button', { name: 'Get practice money' })).toBeTruthy()
})

test('with real money there is no faucet and no clock to set', async () => {
  const offers = [
    inTheWay('bond', 'not-enough-aipg', { amount: '1' }),
    inTheWay('withdraw-bond', 'cooling-down', { until: NOON }),
  ]
  await openWallet({ practice: false, seen: aLook({ eth: '0' }), offers })
  expect(await screen.findByText('Send it to the address on this page.')).toBeTruthy()
  expect(screen.queryByRole('button', { name: /practice money|waiting time/ })).toBeNull()
  expect(screen.getByText('Base')).toBeTruthy()
})

test('the waiting time can be skipped in practice', async () => {
  const bond: Bond = { kind: 'cooling-down', amount: '1000', until: NOON + 1e9 }
  await withBond(bond, inTheWay('withdraw-bond', 'cooling-down', { until: NOON + 1e9 }))
  await press('Skip the waiting time')
  expect(await screen.findByText('Ready to withdraw')).toBeTruthy()
})

test('asking: the owner is sent to the other window, and nothing else is offered', async () => {
  await openWallet()
  await press('Bond 1,000\u00a0AIPG')
  expect(await screen.findByText('Confirm in the window that opened', { selector: 'h3' })).toBeTruthy()
  await waitFor(() => expect(screen.queryByRole('button', { name: 'Bond 1,000\u00a0AIPG' })).toBeNull())
})

test('carrying: each step says where it is and can be looked up', async () => {
  const writeText = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
  const action = anAction()
  await openWallet({ action })
  expect(await screen.findByText('2 of 2')).toBeTruthy()
  expect(screen.getByText('Safe: one may rely on it')).toBeTruthy()
  const [first] = screen.getAllByRole('button', { name: "Copy the transaction's name" })
  await fireEvent.click(first as HTMLElement)
  expect(writeText).toHaveBeenCalledWith(action.steps[0]?.hash)
})

test('carrying: a step that gets further is announced politely', async () => {
  const backend = await openWallet()
  await expectHeading('Wallet')
  backend.changeWallet({ action: anAction() })
  const region = screen.getAllByRole('status').find((one) => one.getAttribute('aria-live') === 'polite')
  await vi.waitFor(() => expect(region?.textContent).toBe('Step 2 of 2: Sent'))
})

test('interrupted: it says why, goes on, or is given up after one more question', async () => {
  const backend = await openWallet({ action: anAction({ stage: 'interrupted', outcome: 'stuck' }) })
  expect(await screen.findByText(/does not get into a block/, { selector: 'main .words p' })).toBeTruthy()
  await press('Give up')
  expect(backend.count('giveUp'), 'a first click gives nothing up').toBe(0)
  expect(document.activeElement?.textContent, 'the keyboard is at the harmless answer').toBe('Keep it')
  await press('Leave it unfinished')
  await vi.waitFor(() => expect(backend.count('giveUp')).toBe(1))
  expect(await screen.findByText(/^Given up/, { selector: '.words p' })).toBeTruthy()
})

test('interrupted: Esc takes the question back and the keyboard is where it was', async () => {
  await openWallet({ action: anAction({ stage: 'interrupted', outcome: 'stuck' }) })
  await press('Give up')
  await fireEvent.keyDown(document.activeElement as Element, { key: 'Escape' })
  await vi.waitFor(() => expect(document.activeElement?.textContent).toBe('Give up'))
})

test('interrupted: going on is one click', async () => {
  const backend = await openWallet({ action: anAction({ stage: 'interrupted', outcome: 'stuck' }) })
  await press('Go on')
  expect(await screen.findByText('Being carried out')).toBeTruthy()
  expect(backend.count('goOn')).toBe(1)
})

test('ended: what failed while the page is open is heard at once, and old news is not', async () => {
  const backend = await openWallet({ action: anAction({ stage: 'ended', outcome: 'reverted' }) })
  expect(await screen.findByText('The contract refused it. Nothing moved except the network fee.')).toBeTruthy()
  const alarm = screen.getByRole('alert')
  expect(alarm.textContent).toBe('')
  backend.changeWallet({ action: anAction({ stage: 'ended', outcome: 'unexpected' }) })
  await vi.waitFor(() => expect(alarm.textContent).toContain('something else than planned'))
})

test('a refused click is heard at once', async () => {
  const backend = await openWallet()
  vi.spyOn(backend, 'begin').mockRejectedValue({ code: null, detail: 'Something is being done already.' })
  await press('Bond 1,000\u00a0AIPG')
  const said = await screen.findByText('That did not work.')
  expect(said.getAttribute('role')).toBe('alert')
  expect(screen.getByText('Something is being done already.').closest('details')?.open, 'the rest is for the curious').toBe(false)
})

test('a refusal with a name has words of its own, until the view is left', async () => {
  const backend = await openWallet()
  vi.spyOn(backend, 'begin').mockRejectedValue({ code: 'not-now', detail: 'not-now' })
  await press('Bond 1,000\u00a0AIPG')
  expect(await screen.findByText(/^This is not possible now/)).toBeTruthy()
  expect(document.querySelector('details summary')?.textContent, 'a name is no detail').not.toBe('Details')
  await press('Home')
  await press('Wallet')
  await screen.findByRole('button', { name: 'Bond 1,000\u00a0AIPG' })
  expect(screen.queryByText(/^This is not possible now/)).toBeNull()
})

test('a look that was refused is told', async () => {
  const backend = await openWallet()
  await vi.waitFor(() => expect(screen.getByRole('button', { name: 'Check again' })).toBeTruthy())
  vi.spyOn(backend, 'lookAgain').mockRejectedValue({ code: 'no-wallet', detail: 'no-wallet' })
  await press('Check again')
  expect(await screen.findByText('There is no wallet to do this with.')).toBeTruthy()
})

test.each([
  ['making', 'The practice wallet is being made'],
  ['no-chain', 'There is no practice chain on this computer'],
  ['failed', 'The practice wallet could not be opened'],
] as const)('without a wallet, because it is %s', async (money, heading) => {
  await open({ status: aStatus({ money }), wallet: null }, 'wallet')
  expect(await screen.findByRole('heading', { name: heading })).toBeTruthy()
  expect(screen.queryByText('cargo xtask run') !== null, 'the command helps in one case only').toBe(money === 'no-chain')
})

test('without a chain it is said what helps', async () => {
  await open({ status: aStatus({ money: 'no-chain' }), wallet: null }, 'wallet')
  expect(await screen.findByText(/program anvil/)).toBeTruthy()
  expect(screen.getByText('cargo xtask run')).toBeTruthy()
})

test('a node that stops answering leaves the last balances standing', async () => {
  const backend = await openWallet()
  expect(await screen.findByText('1,050 AIPG')).toBeTruthy()
  backend.failure = new Error('gone')
  backend.changeWallet({})
  expect(await screen.findByText('Grid Node does not answer. What you see may be old.')).toBeTruthy()
  expect(screen.getByText('1,050 AIPG')).toBeTruthy()
})

test('the keyboard comes to what can be done before it comes to the folded plans', async () => {
  await openWallet({ offers: [anOffer('withdraw-bond'), anOffer('cancel-unbond')] })
  await screen.findByRole('button', { name: 'Stay bonded' })
  expect(stops()).toEqual([
    ...['Skip to the content', 'Home', 'Earnings', 'Wallet', 'Account', 'Settings', 'Check again', 'Copy address'],
    ...['Withdraw 1,000\u00a0AIPG', 'Stay bonded', 'What this does and what it can cost'],
  ])
})

test('in the waiting time the one thing that can be done shows what it does', async () => {
  const until = NOON + 1e9
  const offers = [inTheWay('withdraw-bond', 'cooling-down', { until }), anOffer('cancel-unbond')]
  await withBond({ kind: 'cooling-down', amount: '1000', until }, ...offers)
  await screen.findByRole('button', { name: 'Stay bonded' })
  expect(screen.getByText(/^It ends the unbonding/).closest('details')).toBeNull()
  expect(screen.getByText(/^It takes your/).closest('details')?.open).toBe(false)
})

test('a contract that holds too little is said at the bond and at what would put one up', async () => {
  await openWallet({ seen: aLook({ potIsShort: true }) })
  expect(await screen.findAllByText(/less than all bonds together/)).toHaveLength(2)
  cleanup()
  await openWallet()
  await expectHeading('Wallet')
  expect(screen.queryByText(/less than all bonds together/)).toBeNull()
})

test('what could not be judged has a reason of its own', async () => {
  await withBond({ kind: 'unclear' })
  expect(await screen.findByTitle("The contract's answer could not be judged.")).toBeTruthy()
  expect(screen.queryByTitle('The chain has not been read yet.')).toBeNull()
})

test('without an earlier look nobody is told that he sees one', async () => {
  const backend = await openWallet({ seen: null, trouble: 'chain-incomplete', offers: [] })
  expect(await screen.findByRole('heading', { name: 'The chain could not be read' })).toBeTruthy()
  expect(screen.queryByText('You see what was read last.')).toBeNull()
  backend.changeWallet({ seen: aLook() })
  expect(await screen.findByText('You see what was read last.')).toBeTruthy()
})

/** What screen readers are told of a plan, politely. */
const polite = (): string =>
  screen.getAllByRole('status').find((one) => one.getAttribute('aria-live') === 'polite')?.textContent ?? ''

test('ended: the words of the outcome are announced, but not those of an old one', async () => {
  const done = anAction({ stage: 'ended', outcome: 'done' })
  const backend = await openWallet({ action: done })
  await screen.findByText('Last action')
  expect(polite()).toBe('')
  backend.changeWallet({ action: anAction({ stage: 'ended', outcome: 'given-up' }) })
  await vi.waitFor(() => expect(polite()).toMatch(/^Given up\. Nothing more is signed/))
  expect(screen.getByRole('alert').textContent, 'once is enough').toBe('')
})

const focused = (): string => document.activeElement?.textContent ?? ''
const pressByKey = async (name: string): Promise<void> => {
  const button = await screen.findByRole('button', { name })
  button.focus()
  await fireEvent.click(button)
}

test('begin: the keyboard is brought to what was begun', async () => {
  await openWallet()
  await pressByKey('Bond 1,000\u00a0AIPG')
  await vi.waitFor(() => expect(document.activeElement?.tagName).toBe('H2'))
  expect(focused()).toBe('Bond 1,000\u00a0AIPG')
})

test.each(['Go on', 'Leave it unfinished'])('interrupted: after "%s" the keyboard is at the card of that plan', async (name) => {
  await openWallet({ action: anAction({ stage: 'interrupted', outcome: 'stuck' }) })
  if (name !== 'Go on') await press('Give up')
  await pressByKey(name)
  await vi.waitFor(() => expect(document.activeElement?.tagName).toBe('H2'))
  expect(focused()).toBe('Bond 1,000\u00a0AIPG')
})

test('help: after practice money the keyboard is at the card it helped', async () => {
  await openWallet({ offers: [inTheWay('bond', 'not-enough-aipg', { amount: '1' })] })
  await pressByKey('Get practice money')
  await vi.waitFor(() => expect(document.activeElement?.tagName).toBe('H2'))
  expect(focused()).toBe('Bond')
})

test('news that takes nothing away leave the keyboard where it is', async () => {
  const backend = await openWallet()
  const button = await screen.findByRole('button', { name: 'Copy address' })
  button.focus()
  backend.changeWallet({ action: anAction() })
  await screen.findByText('Being carried out')
  expect(document.activeElement).toBe(button)
})
