// Two people changed the same fields of a saved report: each field as it was, as it stands now, and as one wrote it oneself,
// with a choice for each. Nothing is lost: what one wrote stays until the other is chosen, and can be chosen again.

/** As the server compares: unset, empty and no are one; a time is a minute, however it is written. */
export function same(one, other) {
  return said(one) === said(other)
}

function said(value) {
  if (value === null || value === undefined || value === '' || value === false) return ''
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value)) return String(Math.floor(Date.parse(value) / 60_000))
  return typeof value === 'object' ? JSON.stringify(value) : String(value).trim()
}

/** `choose(key, value)` puts a value into the form. */
export function compared(fields, { before, theirs, mine }, words, choose) {
  const table = document.createElement('table')
  table.className = 'table compare'
  table.append(head(words))
  const body = table.createTBody()
  for (const field of fields) body.append(row(field, { before, theirs, mine }, words, choose))
  const wrap = document.createElement('div')
  wrap.className = 'table-wrap'
  wrap.dataset.compare = ''
  wrap.append(table)
  return wrap
}

function head(words) {
  const line = document.createElement('tr')
  for (const word of ['field', 'was', 'theirs', 'mine']) {
    const cell = document.createElement('th')
    cell.scope = 'col'
    cell.textContent = words[word]
    line.append(cell)
  }
  const part = document.createElement('thead')
  part.append(line)
  return part
}

function row(field, { before, theirs, mine }, words, choose) {
  const line = document.createElement('tr')
  const name = document.createElement('th')
  name.scope = 'row'
  name.textContent = field.label
  const was = document.createElement('td')
  was.textContent = shown(field, before[field.key])
  line.append(name, was)
  for (const [whose, values] of [['theirs', theirs], ['mine', mine]]) {
    const cell = document.createElement('td')
    cell.append(choice(field, whose, values[field.key], words, choose))
    line.append(cell)
  }
  return line
}

function choice(field, whose, value, words, choose) {
  const label = document.createElement('label')
  label.className = 'compare__choice'
  const radio = document.createElement('input')
  radio.type = 'radio'
  radio.name = `compare-${field.key}`
  radio.checked = whose === 'mine'
  radio.setAttribute('aria-label', `${field.label}: ${words[whose]}`)
  radio.addEventListener('change', () => choose(field.key, value ?? null))
  const words_ = document.createElement('span')
  words_.textContent = shown(field, value)
  label.append(radio, words_)
  return label
}

/** A code's word where the field has a list. */
function shown(field, value) {
  if (value === null || value === undefined || value === '') return '—'
  const word = code => field.values?.find(option => option.value === code)?.label ?? String(code)
  return Array.isArray(value) ? value.map(word).join(', ') : word(value)
}
