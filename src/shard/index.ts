export { pack } from './pack.ts'
export { parquet } from './parquet.ts'
export { webdataset } from './webdataset.ts'
