"""cc2dataset_rows.py FILE: pairs of a WAT file by cc2dataset's own function; prints how many it found.

Spark, which it imports but does not use here, is replaced by empty modules.
"""
import json
import re
import sys
import types

for name in ('pyspark', 'pyspark.sql', 'pyspark.sql.functions'):
    sys.modules[name] = types.ModuleType(name)
sys.modules['pyspark'].SparkContext = sys.modules['pyspark.sql'].SparkSession = None
sys.modules['pyspark.sql.functions'].rand = None
sys.modules['fire'] = types.ModuleType('fire')

from cc2dataset.main import process_wat  # noqa: E402

found = sum(1 for _ in process_wat(sys.argv[1], 'image'))
with open('/proc/self/status') as f:
    peak = int(re.search(r'VmHWM:\s+(\d+)', f.read()).group(1)) / 1024
json.dump({'found': found, 'peakMiB': peak}, sys.stdout)
