/** The views there are, in the order of the rail. */
export const VIEWS = ['home', 'earnings', 'wallet', 'account', 'settings'] as const

/** The name of a view. */
export type ViewName = (typeof VIEWS)[number]

/** The view of this name; the first one for any other word. */
export function viewNamed(name: string | null): ViewName {
  return VIEWS.find((view) => view === name) ?? 'home'
}
