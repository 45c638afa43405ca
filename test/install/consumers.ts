import { venv } from './venv.ts'

/** The readers of shards that the tests hold ours against. */
export const CONSUMERS = venv('consumers', [
  'webdataset==1.0.2',
  'braceexpand==0.1.7',
  'pyyaml==6.0.3',
  'numpy==2.4.6',
  'pyarrow==26.0.1',
  'pillow==13.0.0',
])
