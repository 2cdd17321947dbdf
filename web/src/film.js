// A case's history as rows; `momentAt` says what stood where after any of them. Pure: no page, no clock.

/** Row indexes at which the stage changes, the first row among them. */
export function stageStarts(rows) {
  return rows.flatMap((row, i) => (i === 0 || row.stage ? [i] : []))
}

function emptyStream() {
  return { open: new Map(), done: new Set(), flows: new Set(), data: new Map(), limits: new Map() }
}

function step(stream, at, [token, element, state, flow, due], states) {
  const name = states[state]
  if (name === 'entered' || name === 'waiting') {
    if (name === 'entered' && flow) stream.flows.add(flow)
    const before = stream.open.get(token)
    stream.open.set(token, { element, waits: name === 'waiting', since: before?.since ?? at, due: due ? Date.parse(due) : null })
    return
  }
  if (name !== 'cancelled') stream.done.add(element)
  stream.open.delete(token)
}

/** After row `index`: for each stream its tokens, walked elements and flows, data and limits; and what this row changed. */
export function momentAt(film, index) {
  const streams = film.streams.map(emptyStream)
  let changed = new Map()
  for (const row of film.rows.slice(0, index + 1)) {
    const stream = streams[row.s]
    for (const each of row.steps) step(stream, row.at, each, film.states)
    for (const [kind, value] of Object.entries(row.limits ?? {})) {
      const before = stream.limits.get(kind)
      const due = Date.parse(value)
      stream.limits.set(kind, Number.isNaN(due) ? { ...before, ended: value } : { started: before?.started ?? row.at, due, ended: null })
    }
    changed = new Map()
    for (const [name, value] of Object.entries(row.data ?? {})) {
      changed.set(name, stream.data.get(name) ?? null)
      stream.data.set(name, value)
    }
  }
  return { row: film.rows[index], streams, changed }
}

/** Spans of time for the lanes: of the stages, and of each stream's steps that people did. [{lane, from, to, name}] */
export function spans(film) {
  const end = film.rows.at(-1).at
  const found = []
  let stage = null
  const closed = (span, to) => span && found.push({ ...span, to })
  const waiting = film.streams.map(() => new Map())
  for (const row of film.rows) {
    if (row.stage) {
      closed(stage, row.at)
      stage = { lane: -1, from: row.at, name: film.stages[row.stage] ?? row.stage }
    }
    if (row.over) {
      closed(stage, row.at)
      stage = null
    }
    const names = film.streams[row.s].elements
    for (const [token, element, state] of row.steps) {
      const kind = film.states[state]
      if (kind === 'waiting' && names[element] && !waiting[row.s].has(token)) waiting[row.s].set(token, { lane: row.s, from: row.at, name: names[element] })
      else if (kind !== 'waiting' && kind !== 'entered') {
        closed(waiting[row.s].get(token), row.at)
        waiting[row.s].delete(token)
      }
    }
  }
  closed(stage, end)
  for (const lane of waiting) for (const span of lane.values()) closed(span, end)
  return found
}

/** The last row at or before a time; the first one where there is none. */
export function rowAt(rows, time) {
  let [low, high] = [0, rows.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (rows[middle].at <= time) low = middle
    else high = middle - 1
  }
  return low
}
