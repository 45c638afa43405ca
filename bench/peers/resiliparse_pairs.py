"""resiliparse_pairs.py pairs|parse PACK PASSES: `src` and alt of the images of a pack of pages, by resiliparse.

The last are printed. `parse` makes the trees and looks at nothing: what extraction could cost at least.
"""
import json
import sys
from urllib.parse import urljoin

from resiliparse.parse.html import HTMLTree

with open(sys.argv[2], 'rb') as f:
    index = json.loads(f.readline())
    pages = [(url, f.read(length)) for url, length in index]


def pairs(url, html):
    found = []
    tree = HTMLTree.parse_from_bytes(html, 'utf-8')
    if sys.argv[1] == 'parse':
        return found
    for img in tree.document.get_elements_by_tag_name('img'):
        src, alt = img.getattr('src'), img.getattr('alt')
        if src and alt:
            found.append([urljoin(url, src), 'alt', ' '.join(alt.split())])
    return found


for _ in range(int(sys.argv[3])):
    last = [pairs(url, html) for url, html in pages]
json.dump(last, sys.stdout)
