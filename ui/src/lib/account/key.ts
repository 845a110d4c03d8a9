/** Whether a text can be one of the Grid's keys. Blanks around it come from copying. */
export function looksLikeKey(typed: string): boolean {
  return /^grid_[A-Za-z0-9_-]{11,123}$/.test(typed.trim())
}
