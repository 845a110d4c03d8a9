import type { Failure } from './generated/Failure'
import type { Status } from './generated/Status'

export type { Failure } from './generated/Failure'
export type { JobLine } from './generated/JobLine'
export type { Phase } from './generated/Phase'
export type { Status } from './generated/Status'

/** What the screen asks of the node. The app answers through Tauri; tests and the browser preview through a fake. */
export interface Backend {
  /** The truth now. */
  status(): Promise<Status>
  /** Asks the node to take no more jobs; resolves when it has heard, and an event follows when it is so. */
  pause(): Promise<void>
  /** Asks the node to take jobs again; resolves when it has heard, and an event follows when it is so. */
  resume(): Promise<void>
  /** Sends one chat as a customer of the practice network would, and resolves with the answer. */
  sendPracticeJob(prompt: string): Promise<string>
  /** Calls back when the status is worth reading again. A lost call is harmless. Resolves with the way to stop. */
  onStatusChanged(changed: () => void): Promise<() => void>
}

/** What a refused request says, whatever was thrown. */
export function failureOf(thrown: unknown): Failure {
  if (typeof thrown === 'object' && thrown !== null && 'detail' in thrown && typeof thrown.detail === 'string') {
    const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : null
    return { code, detail: thrown.detail }
  }
  return { code: null, detail: thrown instanceof Error ? thrown.message : String(thrown) }
}
