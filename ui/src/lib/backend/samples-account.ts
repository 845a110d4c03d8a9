import type { Account, AccountPage, AccountWorker, ApiKey, Permission } from './backend'
import { NOON } from './samples'

const DAY = 86_400_000
const WALLET = '0x52908400098527886E0F7030069857D2E4169EE7'

/** A key of this computer, changed as wished. */
export function aKey(part: Partial<ApiKey> = {}): ApiKey {
  return {
    id: '006b2f29ea5d',
    label: 'grid-node',
    created: NOON - 12 * DAY,
    lastUsed: NOON - 60_000,
    role: 'in-use',
    ...part,
  }
}

/** A worker of this computer, changed as wished. */
export function aWorker(part: Partial<AccountWorker> = {}): AccountWorker {
  return { name: 'practice-rig', online: true, ours: true, models: ['SmolLM2-135M-Instruct'], workUnits: '214.36', jobs: 128, ...part }
}

/** A permission with two months left, changed as wished. */
export function aPermission(part: Partial<Permission> = {}): Permission {
  return { workerName: 'practice-rig', holds: true, until: NOON + 61 * DAY, ...part }
}

/** What the account's page says, changed as wished. */
export function aPage(part: Partial<AccountPage> = {}): AccountPage {
  return {
    at: NOON - 12_000,
    username: '0x5290…9ee7',
    wallet: WALLET,
    payoutWallet: WALLET,
    keys: [
      aKey(),
      aKey({ id: 'a1b2c3d4e5f6', label: 'laptop', created: NOON - 80 * DAY, lastUsed: NOON - 3 * DAY, role: 'other' }),
      aKey({ id: '0f0f0f0f0f0f', label: null, created: NOON - 200 * DAY, lastUsed: null, role: 'revoked' }),
    ],
    workers: [
      aWorker(),
      aWorker({ name: 'attic-rig', online: false, ours: false, models: ['qwen3-27b'], workUnits: '9012.50', jobs: 3_410 }),
    ],
    ...part,
  }
}

/** An account with a key and a permission, changed as wished. */
export function anAccount(part: Partial<Account> = {}): Account {
  return {
    place: { kind: 'practice' },
    access: 'key',
    ownWallet: WALLET,
    page: aPage(),
    trouble: null,
    enrolment: null,
    permissions: [aPermission()],
    task: null,
    ...part,
  }
}
