"""pyahocorasick_match.py ENTRIES CAPTIONS PASSES: entries in captions, by pyahocorasick as MetaCLIP uses it.

Prints the seconds it took to build and the number of matches of all passes; with PASSES 0, the check sum of the matches.
"""
import json
import sys
import time

import ahocorasick

entries = json.load(open(sys.argv[1], encoding='utf-8'))
captions = json.load(open(sys.argv[2], encoding='utf-8'))
passes = int(sys.argv[3])

began = time.process_time()
automaton = ahocorasick.Automaton()
for number, entry in enumerate(entries):
    automaton.add_word(f' {entry} ', (number, entry))
automaton.make_automaton()
build = time.process_time() - began

MARKS = [(mark, f' {mark} ') for mark in ',.;:?!`']


def match(text):
    text = f' {text} '
    for mark, wide in MARKS:
        text = text.replace(mark, wide)
    for space in '\t\n\r':
        text = text.replace(space, ' ')
    found = set()
    for _, (number, _entry) in automaton.iter(text):
        found.add(number)
    return list(found)


total = 0
checksum = 0
if passes == 0:
    for place, caption in enumerate(captions):
        found = match(caption)
        total += len(found)
        for number in found:
            checksum = (checksum + (number + 1) * (place % 65521 + 1)) % 2**31
for _ in range(passes):
    for caption in captions:
        total += len(match(caption))
print(json.dumps({'build': build, 'total': total, 'checksum': checksum}))
