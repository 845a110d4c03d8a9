import type { Coordinator, Engine, Engines, FoundServer, Slot } from './backend'

/** Our own engine, changed as wished. */
export function anEngine(part: Partial<Engine> = {}): Engine {
  return {
    id: 0,
    source: { kind: 'own', file: 'SmolLM2-135M-Instruct-Q8_0.gguf' },
    serveAs: 'SmolLM2-135M-Instruct',
    slots: 1,
    slotsNow: 1,
    schedule: [],
    health: 'ready',
    formats: ['openai-chat'],
    ...part,
  }
}

/** A server that runs already, changed as wished. */
export function aServerEngine(part: Partial<Engine> = {}): Engine {
  return anEngine({
    id: 1,
    source: { kind: 'server', address: '127.0.0.1:11434', program: 'ollama', model: 'llama3.2:3b' },
    serveAs: 'llama-3.2-3b',
    slots: 4,
    slotsNow: 0,
    schedule: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:00', to: '18:00', slots: 0 }],
    health: 'off',
    formats: ['openai-chat', 'openai-responses', 'anthropic'],
    ...part,
  })
}

/** A server beside us, changed as wished. */
export function aServer(part: Partial<FoundServer> = {}): FoundServer {
  return { address: '127.0.0.1:1234', program: 'lm-studio', models: ['qwen3-8b', 'gemma-3-12b'], formats: ['openai-chat'], fault: null, ...part }
}

/** Our own engine and nothing else, changed as wished. */
export function someEngines(part: Partial<Engines> = {}): Engines {
  return { engines: [anEngine()], found: [], serving: true, searching: false, ...part }
}

/** One connection that waits, changed as wished. */
export function aSlot(part: Partial<Slot> = {}): Slot {
  return { workerName: 'practice-rig', model: 'SmolLM2-135M-Instruct', phase: { kind: 'waiting' }, offSchedule: false, code: null, onlineSince: null, ...part }
}

/** The practice network, changed as wished. */
export function aCoordinator(part: Partial<Coordinator> = {}): Coordinator {
  return { now: { kind: 'practice' }, grid: 'api.aipowergrid.io', ...part }
}
