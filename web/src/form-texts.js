// form-js speaks English only. Its own few sentences are put into the page's language here; the form's texts come
// localised from the server.

const PATTERNS = [
  [/^Field is required\.$/, 'required'],
  [/^Field must have minimum value of (.+)\.$/, 'min'],
  [/^Field must have maximum value of (.+)\.$/, 'max'],
  [/^Field must have minimum length of (.+)\.$/, 'minLength'],
  [/^Field must have maximum length of (.+)\.$/, 'maxLength'],
  [/^Field must match pattern .+$/, 'pattern'],
  [/^Value is not a number\.$/, 'number'],
]

function localised(sentence, texts) {
  for (const [pattern, key] of PATTERNS) {
    const found = pattern.exec(sentence)
    if (found && texts[key]) return texts[key].replace('{n}', found[1] ?? '')
  }
  return sentence
}

/** Words inside form-js's own widgets: an open list's “Search”, an empty one's “Select”. */
function localiseWidgets(root, texts) {
  for (const node of root.querySelectorAll('.fjs-select-placeholder')) {
    if (node.textContent === 'Select') node.firstChild.data = texts.select
  }
  for (const input of root.querySelectorAll('input[placeholder="Search"]')) input.placeholder = texts.search
}

export function localiseForm(form, root, texts) {
  const validator = form.get('validator')
  const original = validator.validateFieldInstance.bind(validator)
  validator.validateFieldInstance = (field, value) => original(field, value).map(sentence => localised(sentence, texts))
  new MutationObserver(() => localiseWidgets(root, texts)).observe(root, { childList: true, subtree: true })
}
