#!/usr/bin/env node
// Plain CommonJS without new syntax: an old Node must get far enough to say what it needs.
'use strict'

var major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  console.error(
    'PL_NODE_VERSION: Expected Node 24 or newer, got ' +
      process.versions.node +
      '. ' +
      'Install it, or in a checkout of pairloom use npx pairloom after npm ci, which brings Node 24 along.'
  )
  process.exit(2)
}

var fs = require('node:fs')
var path = require('node:path')
var url = require('node:url')

// A checkout has sources, which run as they are; the published package has only what was built from them.
var source = path.join(__dirname, '..', 'src', 'cli', 'main.ts')
var built = path.join(__dirname, '..', 'dist', 'cli', 'main.js')
import(url.pathToFileURL(fs.existsSync(source) ? source : built).href).then(function (cli) {
  return cli.main(process.argv)
})
