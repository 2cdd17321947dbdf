// The islands of a page: each bundle says once how its islands begin; they begin at once, and again on every page that takes
// another's place in the shell.
const starters = new Map()
const begun = new WeakSet()
let held = false

export function island(name, start) {
  starters.set(name, start)
  if (!held) begin(name)
}

/** Fetch the bundles a new page needs, then begin its islands; forms last, as others put into them what they kept. */
export async function startIslands(scripts) {
  held = true
  try {
    for (const script of scripts) await import(/* @vite-ignore */ script)
  } finally {
    held = false
  }
  for (const name of [...starters.keys()].sort((one, other) => (one === 'form') - (other === 'form'))) begin(name)
}

function begin(name) {
  for (const root of document.querySelectorAll(`[data-island=${name}]`)) {
    if (begun.has(root)) continue
    begun.add(root)
    Promise.resolve(starters.get(name)(root)).catch(error => {
      root.dataset.ready = 'failed'
      throw error
    })
  }
}
