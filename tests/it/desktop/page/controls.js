// All that a person can operate on this page, with the names that are announced.
// `arguments[0]` says what is asked for: all of them, the focused one, or the element that is called `arguments[1]`.
const plain = (text) => text.replace(/\s+/g, ' ').trim()
const texts = (elements) => elements.map((element) => element?.textContent ?? '').join(' ')
const name = (element) => {
  const by = element.getAttribute('aria-labelledby')
  if (by !== null) return plain(texts(by.split(/\s+/).map((id) => document.getElementById(id))))
  const label = element.getAttribute('aria-label')
  if (label !== null) return plain(label)
  if (element.labels?.length) return plain(texts([...element.labels]))
  return plain(element.textContent || element.title || '')
}
const KINDS = { A: 'link', BUTTON: 'button', SELECT: 'choice', SUMMARY: 'details', TEXTAREA: 'text' }
const kind = (element) =>
  element.getAttribute('role') ?? (element.tagName === 'INPUT' ? element.type : (KINDS[element.tagName] ?? 'other'))
const describe = (element) => ({ name: name(element), kind: kind(element) })

// A busy control is still there and can be focused, but pressing it does nothing.
const idle = (element) => element.getAttribute('aria-disabled') !== 'true'
// Of a group of radio buttons the Tab key reaches the chosen one; the arrow keys lead to the others.
const reached = (element) => element.type !== 'radio' || element.checked

const operable = 'a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex="-1"])'
const seen = [...document.querySelectorAll(operable)].filter((element) => element.checkVisibility() && !element.disabled)
if (arguments[0] === 'focused') return seen.filter((element) => element === document.activeElement).map(describe)
if (arguments[0] === 'all') return seen.filter(reached).map(describe)
return seen.find((element) => name(element) === arguments[1] && idle(element)) ?? null
