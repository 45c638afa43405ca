import { copyFile } from 'node:fs/promises'

// What the compiler leaves: programs of other languages that the package starts.
for (const path of ['table/spark_driver.py'])
  await copyFile(new URL(`../src/${path}`, import.meta.url), new URL(`../dist/${path}`, import.meta.url))
