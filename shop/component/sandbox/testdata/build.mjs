// Assembles the modules of this folder with binaryen, which comes with AssemblyScript:
//   node build.mjs FOLDER_OF_NODE_MODULES [--check]
// With --check it writes nothing and fails where a module is not what its text says.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const { default: binaryen } = await import(pathToFileURL(join(process.argv[2], 'binaryen/index.js')).href)
let differ = 0
for (const name of readdirSync(here).filter((n) => n.endsWith('.wat'))) {
  const module = binaryen.parseText(readFileSync(join(here, name), 'utf8'))
  module.setFeatures(binaryen.Features.All)
  const made = Buffer.from(module.emitBinary())
  const file = join(here, name.replace(/\.wat$/, '.wasm'))
  if (process.argv[3] !== '--check') writeFileSync(file, made)
  else if (!made.equals(readFileSync(file))) {
    differ++
    console.error(`${file} is not what ${name} says`)
  }
}
process.exit(differ ? 1 : 0)
